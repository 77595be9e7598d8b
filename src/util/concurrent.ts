/** @file Bounded concurrency: many asynchronous calls, a few at a time, results in order. */

/**
 * Calls `work` for each item with at most `limit` calls under way; the results are in the order of the items.
 *
 * The first error stops further calls and is thrown once the calls under way have ended.
 *
 * @param onDone called after each item with the number of items done so far.
 */
export async function mapConcurrent<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
  onDone: (done: number) => void = () => {},
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let done = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
      onDone(++done);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker));
  const failure = ends.find((end) => end.status === "rejected");
  if (failure) throw failure.reason;
  return results;
}
