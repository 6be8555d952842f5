/** Words that a film may carry, seen or unseen, and small letters to write them with. */

export const WORDS = ["NO EFFUSION", "NORMAL FILM", "PNEUMOTHORAX", "PORTABLE AP"] as const;

/** Rows of five pixels, top to bottom; # is ink. */
const LETTERS: Readonly<Record<string, string>> = {
  A: ".###.|#...#|#...#|#####|#...#|#...#|#...#",
  B: "####.|#...#|#...#|####.|#...#|#...#|####.",
  C: ".####|#....|#....|#....|#....|#....|.####",
  D: "####.|#...#|#...#|#...#|#...#|#...#|####.",
  E: "#####|#....|#....|####.|#....|#....|#####",
  F: "#####|#....|#....|####.|#....|#....|#....",
  G: ".####|#....|#....|#..##|#...#|#...#|.###.",
  H: "#...#|#...#|#...#|#####|#...#|#...#|#...#",
  I: "#####|..#..|..#..|..#..|..#..|..#..|#####",
  L: "#....|#....|#....|#....|#....|#....|#####",
  M: "#...#|##.##|#.#.#|#.#.#|#...#|#...#|#...#",
  N: "#...#|##..#|#.#.#|#.#.#|#..##|#...#|#...#",
  O: ".###.|#...#|#...#|#...#|#...#|#...#|.###.",
  P: "####.|#...#|#...#|####.|#....|#....|#....",
  R: "####.|#...#|#...#|####.|#.#..|#..#.|#...#",
  S: ".####|#....|#....|.###.|....#|....#|####.",
  T: "#####|..#..|..#..|..#..|..#..|..#..|..#..",
  U: "#...#|#...#|#...#|#...#|#...#|#...#|.###.",
  X: "#...#|#...#|.#.#.|..#..|.#.#.|#...#|#...#",
  Y: "#...#|#...#|.#.#.|..#..|..#..|..#..|..#..",
  " ": ".....|.....|.....|.....|.....|.....|.....",
};

/** Cells of one letter with the gap after it. */
const ADVANCE = 6;
export const LETTER_ROWS = 7;

/** Whether a cell of a line of text is ink; columns count from its first letter's left edge. */
export function isInk(text: string, column: number, row: number): boolean {
  const letter = text[Math.floor(column / ADVANCE)];
  const within = column % ADVANCE;
  if (letter === undefined || within >= ADVANCE - 1 || row < 0 || row >= LETTER_ROWS) return false;
  return LETTERS[letter]?.split("|")[row]?.[within] === "#";
}

/** Columns of a line of text. */
export function textColumns(text: string): number {
  return ADVANCE * text.length - 1;
}
