/** A model's own chat template: the one door to @huggingface/jinja. */
import { Template } from "@huggingface/jinja";
import { LabError } from "../errors/labError.ts";

/** The special tokens a template may write out. */
export interface ChatTokens {
  readonly bos: string;
  readonly eos: string;
}

/**
 * The prompt for one picture and one question, up to where the answer begins, as the template lays it out.
 * @throws LabError "model-unsupported" for a template that does not run, or that refuses such a message
 */
export function renderQuestion(template: string, question: string, tokens: ChatTokens): string {
  const content = [{ type: "image" }, { type: "text", text: question }];
  try {
    return new Template(template).render({
      messages: [{ role: "user", content }],
      add_generation_prompt: true,
      bos_token: tokens.bos,
      eos_token: tokens.eos,
    });
  } catch (cause) {
    throw new LabError(
      "model-unsupported",
      `The model's chat template does not run: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
