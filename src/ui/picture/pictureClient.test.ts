import { expect, it } from "vitest";
import type { Radiograph } from "../../image/radiograph.ts";
import type { Box } from "../../image/resize.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";
import { FakeWorker, messagesArrive } from "../../testing/fakeWorker.ts";
import { createPictureClient } from "./pictureClient.ts";
import type { Picture } from "./pictureClient.ts";

const phantom = (seed: number): PhantomSpec => ({ seed, findings: [] });
const film = (side: number) =>
  ({ rows: side, cols: side, values: new Int32Array(side * side) }) as unknown as Radiograph;

/** A worker that writes down what it is asked and draws when it is told to. */
class ScriptedPainter {
  readonly worker = new FakeWorker(this);
  readonly asked: string[] = [];
  readonly #answers: (() => void)[] = [];

  phantom({ seed }: PhantomSpec, size: number): Promise<Picture> {
    return this.#answer(`phantom ${seed}`, size);
  }
  detail({ values }: Radiograph, _box: Box, size: number): Promise<Picture> {
    return this.#answer(`film of ${values.length}`, size);
  }
  #answer(name: string, size: number): Promise<Picture> {
    this.asked.push(name);
    return new Promise((resolve) => {
      this.#answers.push(() => resolve({ size, image: new Float32Array(size * size) }));
    });
  }
  get isWaiting(): boolean {
    return this.#answers.length > 0;
  }
  /** Draws what it was asked first. */
  async draw(): Promise<void> {
    await messagesArrive();
    this.#answers.shift()!();
    await messagesArrive();
  }
}

function setUp() {
  const painters: ScriptedPainter[] = [];
  const client = createPictureClient(() => {
    const painter = new ScriptedPainter();
    painters.push(painter);
    return painter.worker;
  });
  return { client, painters };
}

it("draws only the newest case of a drag, and thumbnails after it, all of them", async () => {
  const { client, painters } = setUp();
  const thumbnails = [1, 2].map((seed) => client.phantom(phantom(seed), 4, "thumbnail"));
  const older = client.phantom(phantom(10), 8, "case");
  const newer = client.phantom(phantom(11), 8, "case");
  await expect(older).rejects.toMatchObject({ code: "cancelled" });
  const [painter] = painters;
  for (let k = 0; k < 3; k++) await painter!.draw();
  expect((await newer).size).toBe(8);
  expect((await Promise.all(thumbnails)).map(({ size }) => size)).toEqual([4, 4]);
  expect(painter!.asked).toEqual(["phantom 1", "phantom 11", "phantom 2"]);
  // What was drawn is kept; what was passed over can be asked for again.
  await client.phantom(phantom(11), 8, "case");
  const again = client.phantom(phantom(10), 8, "case");
  await painter!.draw();
  expect((await again).size).toBe(8);
  expect(painter!.asked.slice(3)).toEqual(["phantom 10"]);
});

const BOX = { left: 0, top: 0, width: 2, height: 2 };

it("copies a film to the worker once, however often it is looked at", async () => {
  const { client, painters } = setUp();
  const [first, second] = [film(3), film(4)];
  for (const open of [first, first, second, second]) {
    const picture = client.detail(open, BOX, 2);
    await messagesArrive();
    if (painters[0]!.isWaiting) await painters[0]!.draw();
    expect((await picture).size).toBe(2);
  }
  expect(first.values).toHaveLength(9);
  expect(painters[0]!.asked).toEqual(["film of 9", "film of 16"]);
});

it("refuses what was under way when the worker stops, and brings the film to the next one", async () => {
  const { client, painters } = setUp();
  const open = film(3);
  const stopped = client.detail(open, BOX, 2);
  await messagesArrive();
  painters[0]!.worker.crash("out of memory");
  await expect(stopped).rejects.toMatchObject({ code: "internal" });
  const next = client.detail(open, BOX, 2);
  await messagesArrive();
  await painters[1]!.draw();
  expect((await next).size).toBe(2);
  expect(painters[1]!.asked).toEqual(["film of 9"]);
});
