/** What generation_config.json asks of whoever writes with a model, and what of it the lab does not do. */

type Json = Readonly<Record<string, unknown>>;

/** Settings under which the next token is not simply the likeliest one, and the values that leave it so. */
const CHANGES_THE_NEXT: Readonly<Record<string, readonly unknown[]>> = {
  do_sample: [false],
  num_beams: [1],
  no_repeat_ngram_size: [0],
  repetition_penalty: [1],
  encoder_repetition_penalty: [1],
  min_length: [0],
  min_new_tokens: [0],
  suppress_tokens: [],
  begin_suppress_tokens: [],
  bad_words_ids: [],
  sequence_bias: [],
};

/** @returns one sentence where a text would be written otherwise by the model's own generation settings, else none. */
export function generationNotices(generation: Json): readonly string[] {
  const asked = Object.entries(CHANGES_THE_NEXT)
    .filter(([name, idle]) => {
      const value = generation[name];
      if (value === undefined || value === null || idle.includes(value)) return false;
      return !(Array.isArray(value) && value.length === 0);
    })
    .map(([name]) => name);
  if (asked.length === 0) return [];
  return [
    `Its generation_config.json asks for ${asked.join(", ")}; the lab always writes the likeliest next token, so its texts may differ from the model's own. Answers of one token do not.`,
  ];
}
