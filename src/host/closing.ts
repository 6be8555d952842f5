/** Ends a generator whose rest nobody wants, so that what it holds is freed; one that has ended stays ended. */
export async function close(generator: AsyncGenerator<unknown, unknown>): Promise<void> {
  await generator.return(undefined);
}
