/** What plotly is drawing: in several turns, so that what is taken from under it meanwhile it looks for in vain. */
const unfinished = new WeakMap<HTMLElement, Promise<unknown>>();

/** Notes a drawing on an element, which `purgeWhenDrawn` waits for. */
export function noteDrawing(element: HTMLElement, drawing: Promise<unknown>): void {
  unfinished.set(element, Promise.allSettled([unfinished.get(element), drawing]));
}

/** Takes away what was drawn on an element, once it is drawn; what is drawn since then stays. */
export async function purgeWhenDrawn(
  plotly: { purge(element: HTMLElement): void },
  element: HTMLElement,
): Promise<void> {
  const before = unfinished.get(element);
  await before;
  if (unfinished.get(element) === before) plotly.purge(element);
}
