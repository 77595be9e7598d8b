/** @file Progress on the terminal: a bar on standard error when it is a terminal, a line now and then when it is not. */
import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  update(done: number, fields?: { readonly [name: string]: string }): void;
  /** Ends the bar and leaves it standing. */
  stop(): void;
}

/** Seconds as `1:05` or `2:03:04`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Seconds between lines when there is no terminal. */
const quietInterval = 30;

/** The time until `total` is done, at the pace since the first call: work that goes on begins with much of it done. */
export function timeLeft(total: number, now: () => number = Date.now): (done: number) => string {
  let first: { readonly done: number; readonly at: number } | undefined;
  return (done) => {
    first ??= { done, at: now() };
    return done > first.done ? clock(((now() - first.at) / 1000) * ((total - done) / (done - first.done))) : "?";
  };
}

/**
 * A bar over `total` steps. `format` may hold `{name}` of the fields given to `update`.
 */
export function progress(title: string, total: number, format = ""): Progress {
  const left = timeLeft(total);
  if (!process.stderr.isTTY) {
    let last = Date.now();
    return {
      update: (done, fields = {}) => {
        const rest = left(done);
        if (Date.now() - last < quietInterval * 1000) return;
        last = Date.now();
        const text = format.replace(/\{(\w+)\}/g, (_, name: string) => fields[name] ?? "");
        process.stderr.write(`${title} ${done}/${total} ${text} left ${rest}\n`);
      },
      stop: () => {},
    };
  }
  const bar = new SingleBar(
    {
      format: `${title} {bar} {value}/{total} ${format} left {left}`,
      hideCursor: true,
      stream: process.stderr,
      barsize: 24,
    },
    Presets.shades_classic,
  );
  const blank = Object.fromEntries(Array.from(format.matchAll(/\{(\w+)\}/g), ([, name]) => [name!, "-"]));
  bar.start(total, 0, { ...blank, left: "?" });
  return { update: (done, fields = {}) => bar.update(done, { ...fields, left: left(done) }), stop: () => bar.stop() };
}
