import { attackReplay } from "./attackReplay.ts";
import { allFindings } from "./allFindings.ts";
import { explanationInstrument } from "../explain/explanationInstrument.ts";
import { EXPLAINERS } from "../explain/explainers.ts";
import { attackDetectors } from "./attackDetectors.ts";
import { bandEnergy } from "./bandEnergy.ts";
import { causalInterchange } from "./causalInterchange.ts";
import { certifiedTokens } from "./certifiedTokens.ts";
import { dropoutSamples } from "./dropoutSamples.ts";
import { experts } from "./experts.ts";
import { copiesCost } from "./copiesCost.ts";
import { smoothedAttack } from "./smoothedAttack.ts";
import { smoothedSets } from "./smoothedSets.ts";
import { taskHeads } from "./taskHeads.ts";
import { faithfulness } from "./faithfulness.ts";
import { faithfulnessPath } from "./faithfulnessPath.ts";
import { hiddenTextDetector } from "./hiddenTextDetector.ts";
import { honestyCard } from "./honestyCard.ts";
import type { Instrument } from "./instrument.ts";
import { linearHypothesis } from "./linearHypothesis.ts";
import { stepByStep } from "./stepByStep.ts";
import { transferMatrix } from "./transferMatrix.ts";
import { whatMisleads } from "./whatMisleads.ts";
import { stageShift } from "./stageShift.ts";
import { tokenDistance } from "./tokenDistance.ts";
import { nearWords } from "./nearWords.ts";
import { weightRandomization } from "./weightRandomization.ts";
import { captionWords } from "./captionWords.ts";
import { ownWords } from "./ownWords.ts";
import { paraphraseFlips } from "./paraphraseFlips.ts";
import { fsfIndex } from "./fsfIndex.ts";
import { l2Ruler } from "./l2Ruler.ts";
import { zeroShot } from "./zeroShot.ts";
import { imageReliance } from "./imageReliance.ts";
import { wordingGrid } from "./wordingGrid.ts";
import { blankImage } from "./blankImage.ts";
import { promptAttacks } from "./promptAttacks.ts";
import { answerCertificate } from "./answerCertificate.ts";
import { calibratedConfidence } from "./calibratedConfidence.ts";
import { answerUncertainty } from "./answerUncertainty.ts";
import { selectiveTriage } from "./selectiveTriage.ts";

const explanations = EXPLAINERS.map((explainer) => [
  explainer.id,
  explanationInstrument(explainer),
]);

/** Every instrument by its id. */
export const INSTRUMENTS: Readonly<Record<string, Instrument>> = {
  whatMisleads,
  stepByStep,
  attackReplay,
  allFindings,
  paraphraseFlips,
  imageReliance,
  fsfIndex,
  wordingGrid,
  blankImage,
  promptAttacks,
  zeroShot,
  ownWords,
  captionWords,
  answerCertificate,
  l2Ruler,
  calibratedConfidence,
  smoothedSets,
  answerUncertainty,
  selectiveTriage,
  linearHypothesis,
  honestyCard,
  experts,
  transferMatrix,
  taskHeads,
  hiddenTextDetector,
  attackDetectors,
  ...Object.fromEntries(explanations),
  faithfulness,
  faithfulnessPath,
  weightRandomization,
  stageShift,
  bandEnergy,
  tokenDistance,
  nearWords,
  causalInterchange,
  dropoutSamples,
  certifiedTokens,
  copiesCost,
  smoothedAttack,
};
