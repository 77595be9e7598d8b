/** @file What cannot be read of a run: left out, and told in words. */
import { SegkitError } from "../errors/index.js";

/** Does what may fail for a damaged file; undefined where it did. */
export type Attempt = <T>(read: () => T) => T | undefined;

/** A list of problems, and an attempt that adds to it. */
export function problemsOf(): { readonly problems: string[]; readonly attempt: Attempt } {
  const problems: string[] = [];
  const attempt: Attempt = (read) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SegkitError)) throw error;
      problems.push(error.found);
      return undefined;
    }
  };
  return { problems, attempt };
}
