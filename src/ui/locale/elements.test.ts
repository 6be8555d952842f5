import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { spokenProps } from "./elements.ts";
import { openLanguage } from "./locale.ts";

beforeEach(async () => {
  vi.stubGlobal("document", { baseURI: "http://lab/", documentElement: { lang: "en" } });
  vi.stubGlobal("fetch", async () =>
    Response.json({
      kept: [],
      sentences: { Clean: "Limpia", "{0} of {1} films": "{0} de {1} radiografías", films: "x" },
    }),
  );
  await openLanguage("es");
});

afterEach(() => vi.unstubAllGlobals());

test("text and spoken attributes of an element are in the page's language", () => {
  expect(spokenProps("button", { title: "Clean", className: "Clean", children: "Clean" })).toEqual({
    title: "Limpia",
    className: "Clean",
    children: "Limpia",
  });
});

test("neighbouring words and numbers make one sentence, and the list keeps its length", () => {
  const element = { type: "b" };
  expect(spokenProps("p", { children: [3, " of ", 12, " films", element, "Clean"] })).toEqual({
    children: ["3 de 12 radiografías", "", "", "", element, "Limpia"],
  });
});

test("what is written for machines or by the reader is left alone", () => {
  expect(spokenProps("code", { children: "Clean" })).toEqual({ children: "Clean" });
  // The name of a key is read by the reader.
  expect(spokenProps("kbd", { children: "Clean" })).toEqual({ children: "Limpia" });
  expect(spokenProps("p", { translate: "no", children: "Clean" })).toMatchObject({
    children: "Clean",
  });
});

test("the page says which language it is in, and stays English where the dictionary is missing", async () => {
  expect(document.documentElement.lang).toBe("es");
  vi.stubGlobal("fetch", async () => new Response("", { status: 404 }));
  await expect(openLanguage("es")).rejects.toThrow("so the page is in English");
  expect(document.documentElement.lang).toBe("en");
  expect(spokenProps("p", { children: "Clean" })).toEqual({ children: "Clean" });
});
