import { expect, test } from "vitest";
import { generationNotices } from "./generationNotice.ts";

test("settings that leave the likeliest token as it is are not named", () => {
  expect(generationNotices({})).toEqual([]);
  expect(
    generationNotices({
      do_sample: false,
      num_beams: 1,
      no_repeat_ngram_size: 0,
      repetition_penalty: 1,
      suppress_tokens: null,
      bad_words_ids: [],
      eos_token_id: 2,
      max_new_tokens: 20,
    }),
  ).toEqual([]);
});

test("each setting under which the model would write otherwise is named", () => {
  const [said] = generationNotices({
    do_sample: true,
    num_beams: 3,
    no_repeat_ngram_size: 3,
    repetition_penalty: 1.1,
    suppress_tokens: [7],
  });
  expect(said).toContain(
    "do_sample, num_beams, no_repeat_ngram_size, repetition_penalty, suppress_tokens",
  );
});
