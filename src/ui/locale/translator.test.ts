import { expect, test } from "vitest";
import { createTranslator } from "./translator.ts";

const spanish = createTranslator({
  Clean: "Limpia",
  yes: "sí",
  "The answer turns from “{0}” to “{1}”.": "La respuesta pasa de «{0}» a «{1}».",
  "{0} of {1} wordings disagree.": "De {1} formulaciones discrepan {0}.",
  "{0} and {1}": "{0} y {1}",
  "{0} of {1}": "{0} de {1}",
  "{0}: on": "{0}: activado",
  "grey levels": "niveles de gris",
  "Nothing is guaranteed.": "No se garantiza nada.",
});

test("a sentence is found as it is, and keeps the white space around it", () => {
  expect(spanish("Clean")).toBe("Limpia");
  expect(spanish("  Clean ")).toBe("  Limpia ");
});

test("what is filled in goes to its place, in whatever order the other language wants it", () => {
  expect(spanish("3 of 12 wordings disagree.")).toBe("De 12 formulaciones discrepan 3.");
  expect(spanish("The answer turns from “yes” to “no”.")).toBe("La respuesta pasa de «sí» a «no».");
});

test("a pattern with few letters counts only where all that is filled in is known too", () => {
  expect(spanish("3 of 12")).toBe("3 de 12");
  expect(spanish("Clean: on")).toBe("Limpia: activado");
  expect(spanish("Deletion and insertion of Petsiuk, Das and Saenko")).toBe(
    "Deletion and insertion of Petsiuk, Das and Saenko",
  );
});

test("what stands behind a name and a colon may be anything, in any language", () => {
  const other = createTranslator({ "Lesson: {0}": "Lección: {0}" });
  expect(other("Lesson: Las defensas")).toBe("Lección: Las defensas");
});

test("names that are kept, and capitals, are known", () => {
  const other = createTranslator({ "{0}: on": "{0}: activado" }, ["Grad-CAM"]);
  expect(other("Grad-CAM: on")).toBe("Grad-CAM: activado");
  expect(other("PGD: on")).toBe("PGD: activado");
  expect(other("Occlusion: on")).toBe("Occlusion: on");
});

test("a name inside a sentence begins small", () => {
  const other = createTranslator({
    "Strength of {0}": "Fuerza de {0}",
    "Gaussian noise": "Ruido gaussiano",
  });
  expect(other("Strength of gaussian noise")).toBe("Fuerza de ruido gaussiano");
});

test("an amount keeps its number", () => {
  expect(spanish("3.00 grey levels")).toBe("3.00 niveles de gris");
  expect(spanish("−0.5 grey levels")).toBe("−0.5 niveles de gris");
});

test("of several sentences each is looked up by itself", () => {
  expect(spanish("Nothing is guaranteed. Reload the page.")).toBe(
    "No se garantiza nada. Reload the page.",
  );
});

test("sentences that the dictionary has together are found behind another", () => {
  const other = createTranslator({
    "There is none.": "No hay.",
    "Start it with: x. It reaches one.": "Iníciela con: x. Llega a uno.",
  });
  expect(other("There is none. Start it with: x. It reaches one.")).toBe(
    "No hay. Iníciela con: x. Llega a uno.",
  );
});

test("what no entry fits, and what has no words, stays as it is", () => {
  for (const text of ["Is there a pleural effusion?", "0.9985", "", "ε", "$&"]) {
    expect(spanish(text)).toBe(text);
  }
});

test("signs of regular expressions in a sentence are signs", () => {
  const other = createTranslator({ "Value (in % of {0})? [{1}]": "Valor (en % de {0})? [{1}]" });
  expect(other("Value (in % of 7)? [3]")).toBe("Valor (en % de 7)? [3]");
});

test("where two places adjoin, the words are cut where both halves are known", () => {
  const other = createTranslator({
    "Stated probability of {0}: clean {1}{2}": "Probabilidad de {0}: limpia {1}{2}",
    ", disturbed {0}": ", perturbada {0}",
    yes: "sí",
    "{0} {1}: once for each picture.": "{0} {1}: una vez por imagen.",
    "Integrated gradients": "Gradientes integrados",
    "adds up the gradient": "suma el gradiente",
  });
  expect(other("Stated probability of yes: clean 99.3%, disturbed <0.1%")).toBe(
    "Probabilidad de sí: limpia 99.3%, perturbada <0.1%",
  );
  expect(other("Integrated gradients adds up the gradient: once for each picture.")).toBe(
    "Gradientes integrados suma el gradiente: una vez por imagen.",
  );
});

test("behind the last blank of a pattern nothing need stand", () => {
  const other = createTranslator({ "Zoom {0}. {1}": "Ampliación {0}. {1}" });
  expect(other("Zoom 100%. ")).toBe("Ampliación 100%. ");
  expect(other("Zoom 100%. ROI")).toBe("Ampliación 100%. ROI");
});

test("a numbered step may be called anything, and of a list each word is known", () => {
  const other = createTranslator({
    "Step {0} of {1}: {2}": "Paso {0} de {1}: {2}",
    lexical: "sinónimo",
    negated: "negada",
    "{0} ({1})": "{0} ({1})",
    "Base model": "Modelo base",
  });
  expect(other("Step 1 of 2: Una promesa")).toBe("Paso 1 de 2: Una promesa");
  expect(other("lexical, negated")).toBe("sinónimo, negada");
  expect(other("lexical, whatever")).toBe("lexical, whatever");
  expect(other("Base model (Q4, Q8), negated")).toBe("Modelo base (Q4, Q8), negada");
});

test("a title that stands as a sentence is known, and what is quoted for the model stays English", () => {
  const other = createTranslator({
    "From the answer down": "De la respuesta hacia abajo",
    "Ask {0}": "Pregunte {0}",
    "{0} or {1}": "{0} o {1}",
    Clean: "Limpia",
  });
  expect(other("From the answer down. Clean")).toBe("De la respuesta hacia abajo. Limpia");
  expect(other('Ask "Is there pneumonia?" or "Is there edema?"')).toBe(
    'Pregunte "Is there pneumonia?" o "Is there edema?"',
  );
});
