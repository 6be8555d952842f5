import { describe, expect, it } from "vitest";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import { renderPhantom } from "../../phantom/phantom.ts";
import { GALLERY, openGalleryCase } from "./gallery.ts";

describe("gallery", () => {
  it.each(GALLERY)("can draw $name and ask its question", ({ phantom, question }) => {
    expect(renderPhantom(phantom, 32).image).toHaveLength(32 * 32);
    expect(recognizeQuestion(question).freeText).toBe(false);
  });

  it("brings its question along, but never replaces the reader's own", () => {
    const [, , pneumothorax] = GALLERY;
    expect(openGalleryCase(defaultSpec(), pneumothorax!).question).toBe("Is there a pneumothorax?");
    const own = { ...defaultSpec(), question: "Which side is the effusion on?" };
    expect(openGalleryCase(own, pneumothorax!).question).toBe(own.question);
  });
});
