/** Reads a long result page by page, asking for the next page while the current one is being written. Throws when aborted. */
export async function* readPages<Row extends { readonly id: number }>(
  fetchPage: (after: number, limit: number) => Promise<readonly Row[]>, pageSize: number, signal: AbortSignal, limit = Infinity,
): AsyncGenerator<readonly Row[]> {
  let left = limit;
  const request = (after: number): Promise<readonly Row[]> => {
    const page = fetchPage(after, Math.min(pageSize, left));
    // Its failure is told when its turn comes, not before.
    page.catch(() => undefined);
    return page;
  };
  let next = left > 0 ? request(0) : undefined;
  while (next !== undefined) {
    const page: readonly Row[] = await next;
    signal.throwIfAborted();
    const last = page.at(-1);
    left -= page.length;
    next = last === undefined || page.length < pageSize || left <= 0 ? undefined : request(last.id);
    if (page.length > 0) yield page;
  }
}

/** For what people read: a table is as wide as its widest row. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
