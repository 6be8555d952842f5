/** What an attack can be after, as `lab list` and the tables in docs/ tell it. */
import {
  ANSWER_LOSSES,
  ATTENTION_LOSSES,
  ATTENTION_SIDES,
  FEATURE_LOSSES,
} from "../model/objective.ts";
import { ATTACK_REGIONS, GOAL_AIMS } from "./specChoices.ts";
import type { GoalSpec } from "./spec.ts";

interface GoalEntry {
  readonly help: string;
  readonly source: string;
  /** Losses to choose from, the default first. */
  readonly losses: readonly string[];
  /** Further fields, with their values where these are a list; the first is the default where the field may be absent. */
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
}

export const GOALS: Readonly<Record<GoalSpec["kind"], GoalEntry>> = {
  untargeted: {
    help: "Any other answer than the one to the clean picture.",
    source: "Carlini & Wagner 2017 (margin); Croce & Hein 2020 (difference of logits ratio)",
    losses: ANSWER_LOSSES,
    fields: {},
  },
  targeted: {
    help: "This answer about the finding.",
    source: "Carlini & Wagner 2017 (margin); Croce & Hein 2020 (difference of logits ratio)",
    losses: ANSWER_LOSSES,
    fields: { answer: "one of the question's answers" },
  },
  featureAway: {
    help: "The image embedding away from that of the clean picture.",
    source: "Schlarmann et al. 2024 (arXiv:2402.12336), squared distance",
    losses: FEATURE_LOSSES,
    fields: {},
  },
  featureTowards: {
    help: "The image embedding towards that of a second picture.",
    source: "Zhao et al. 2023, AttackVLM MF-ii (arXiv:2305.16934)",
    losses: FEATURE_LOSSES,
    fields: { case: "a phantom, or a radiograph by its hash" },
  },
  featureText: {
    help: "The image embedding towards that of a sentence, by the model's own text encoder.",
    source: "Zhao et al. 2023, AttackVLM MF-it (arXiv:2305.16934)",
    losses: FEATURE_LOSSES,
    fields: { text: "the sentence" },
  },
  writtenText: {
    help: "What the model writes of its own accord towards this sentence, by the cosine of the two in the lab's text encoder. A written text has no gradient: for attacks that only ask.",
    source: "Zhao et al. 2023, AttackVLM MF-tt, by random gradient-free queries (arXiv:2305.16934)",
    losses: ["cosine"],
    fields: { text: "the sentence" },
  },
  text: {
    help: "This text behind the question more likely, or less: the sum over its tokens of their log-probabilities, each given those before it.",
    source:
      "Carlini et al. 2023, Are aligned neural networks adversarially aligned? (arXiv:2306.15447)",
    losses: ["log-likelihood"],
    fields: { text: "the words to say", aim: GOAL_AIMS },
  },
  attention: {
    help: "Attention into a part of the picture, or out of it: the mean over heads and layers of its share in the mask, or of the scores before the softmax.",
    source:
      "Lovisotto et al. 2022, Attention-Fool (arXiv:2203.13639), scores before the softmax; here without rescaled queries and keys, and with the mean over heads and layers",
    losses: ATTENTION_LOSSES,
    fields: { mask: ATTACK_REGIONS, aim: GOAL_AIMS, of: ATTENTION_SIDES },
  },
};
