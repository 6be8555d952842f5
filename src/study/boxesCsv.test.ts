import { expect, test } from "vitest";
import { boxesFrom, boxesOf, marksBoxes } from "./boxesCsv.ts";

test("a table of boxes, as the lab, NIH and RSNA write it", () => {
  const own = boxesFrom("file,finding,x,y,w,h\na/1.png,Pleural effusion,10,20.5,30,40\n");
  expect(boxesOf(own, "a/1.png")).toEqual([
    { finding: "effusion", x: 10, y: 20.5, width: 30, height: 40 },
  ]);
  // Its own header, with the empty columns that it ends in.
  const nih =
    "Image Index,Finding Label,Bbox [x,y,w,h],,,\n00013118_008.png,Atelectasis,225.08,547.01,86.77,79.18,,,\n00013118_008.png,Mass,1,2,3,4,,,\n";
  expect(marksBoxes(nih)).toBe(true);
  expect(boxesOf(boxesFrom(nih), "films/00013118_008.png")).toEqual([
    { finding: "atelectasis", x: 225.08, y: 547.01, width: 86.77, height: 79.18 },
    { finding: "mass", x: 1, y: 2, width: 3, height: 4 },
  ]);
  // No finding is named, films have no ending, and those without a box are named too.
  const rsna =
    "patientId,x,y,width,height,Target\n0004cfab,,,,,0\n00436515,264.0,152.0,213.0,379.0,1\n00436515,562.0,152.0,256.0,453.0,1\n";
  const found = boxesFrom(rsna);
  expect(found.size).toBe(1);
  expect(boxesOf(found, "00436515.dcm")!.map(({ finding, x }) => [finding, x])).toEqual([
    ["pneumonia", 264],
    ["pneumonia", 562],
  ]);
  expect(marksBoxes("file,effusion\n1.png,1\n")).toBe(false);
});

test.each([
  ["file,finding,x,y\n", /no column for the width/],
  ["file,x,y,w,h\n", /no column for the finding/],
  ["file,finding,x,y,w,h\n1.png,effusion,10,20,0,5\n", /Line 2.*width and height above 0/],
  ["file,finding,x,y,w,h\n1.png,effusion,ten,20,3,5\n", /Line 2.*"ten" for x/],
  ["file,finding,x,y,w,h\n1.png,effusion,-3,20,3,5\n", /Line 2.*"-3" for x/],
])("%j is refused with its line", (text, message) => {
  expect(() => boxesFrom(text)).toThrow(message);
});
