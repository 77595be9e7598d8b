/** @file Working ahead: the next items are under way while the caller is busy with the current one. */

/** An item with what became of it. */
export interface Done<T, R> {
  readonly item: T;
  readonly result: R;
}

/**
 * The result of `work` for each item, in order, with up to `count` more calls under way than the one awaited.
 *
 * An error is thrown where its result would come; the calls under way then end unheard.
 */
export async function* ahead<T, R>(
  items: Iterable<T>,
  count: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<Done<T, R>, void, void> {
  const queue: { item: T; result: Promise<R> }[] = [];
  const first = async (): Promise<Done<T, R>> => {
    const { item, result } = queue.shift()!;
    return { item, result: await result };
  };
  for (const item of items) {
    const result = work(item);
    // Whoever leaves early leaves calls behind whose errors nobody awaits.
    result.catch(() => {});
    queue.push({ item, result });
    if (queue.length > count) yield await first();
  }
  while (queue.length > 0) yield await first();
}
