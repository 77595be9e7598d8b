/** @file What the demo says while it works: numbered steps and one line of progress. */

/** A line that is written over on a terminal, and now and then anew where output goes to a file. */
export interface ProgressLine {
  show(text: string): void;
  /** Leaves `text`, or else what was shown last, standing. */
  end(text?: string): void;
}

/** Seconds between lines when output goes to a file. */
const quietInterval = 20;

/** Prints a line on standard output. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A progress line on standard output. */
export function progressLine(): ProgressLine {
  const { stdout } = process;
  let [shown, since] = ["", Date.now()];
  return {
    show: (text) => {
      shown = text;
      if (stdout.isTTY) stdout.write(`\r\u001b[K  ${text}`);
      else if (Date.now() - since >= quietInterval * 1000) {
        since = Date.now();
        say(`  ${text}`);
      }
    },
    end: (text = shown) => {
      if (stdout.isTTY) stdout.write("\r\u001b[K");
      say(`  ${text}`);
    },
  };
}

/** A bar of `width` characters, filled up to `fraction`. */
export function bar(fraction: number, width = 24): string {
  const filled = Math.round(width * Math.min(1, Math.max(0, fraction)));
  return "█".repeat(filled) + "░".repeat(width - filled);
}

/** A score in percent with one decimal, or `-` where it is not defined. */
export const percent = (score: number): string => (Number.isNaN(score) ? "-" : (100 * score).toFixed(1));
