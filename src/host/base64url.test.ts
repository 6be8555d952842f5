import { expect, test } from "vitest";
import { fromBase64Url, toBase64Url } from "./base64url.ts";

test("is Node's own base64url, both ways, for every length", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 89 + 7) % 256);
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length);
    const text = toBase64Url(part);
    expect(text).toBe(Buffer.from(part).toString("base64url"));
    expect(fromBase64Url(text)).toEqual(Uint8Array.from(part));
  }
});
