/** The tokens that a written text begins behind and ends with, as a folder's configuration says. */
import { LabError } from "../../errors/labError.ts";
import { specialToken } from "./modelFiles.ts";
import type { FolderFiles } from "./modelFiles.ts";

type Json = Readonly<Record<string, unknown>>;
type Words = Pick<FolderFiles, "config" | "generation" | "tokenizer" | "tokenizerConfig">;

function inner(config: Json): Json {
  return (config["decoder"] ?? config["text_config"] ?? {}) as Json;
}

/** @throws LabError "model-damaged" where nothing says it */
export function startOf({ config, generation, tokenizer, tokenizerConfig }: Words): number {
  const text = inner(config);
  const stated = [
    generation["decoder_start_token_id"],
    config["decoder_start_token_id"],
    text["decoder_start_token_id"],
    text["bos_token_id"],
    generation["bos_token_id"],
    config["bos_token_id"],
    tokenizer.idOf(specialToken(tokenizerConfig, "bos_token")),
    tokenizer.idOf(specialToken(tokenizerConfig, "cls_token")),
  ];
  const start = stated.find((id): id is number => typeof id === "number");
  if (start !== undefined) return start;
  throw new LabError(
    "model-damaged",
    "Neither config.json nor generation_config.json says which token a caption begins behind (decoder_start_token_id).",
  );
}

/** Ids that end a text. BLIP's ends with the separator of its text side. */
export function stopsOf({
  config,
  generation,
  tokenizer,
  tokenizerConfig,
}: Words): ReadonlySet<number> {
  const text = inner(config);
  const isBlip = config["model_type"] === "blip";
  const stated = isBlip
    ? [text["sep_token_id"]]
    : [generation["eos_token_id"], config["eos_token_id"], text["eos_token_id"]].flat();
  const ids = stated.filter((id): id is number => typeof id === "number");
  const eos = tokenizer.idOf(specialToken(tokenizerConfig, isBlip ? "sep_token" : "eos_token"));
  return new Set(eos === undefined ? ids : [...ids, eos]);
}
