/** @file metrics.jsonl: lines out, lines back, and the file of a resumed run. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointError, FileError } from "../../errors/index.js";
import { MetricsLog, readMetrics } from "./metrics-log.js";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "segkit-metrics-"));
  file = join(folder, "run", "metrics.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Two lines a step, as a run with a validation after each would write. */
function write(log: MetricsLog, from: number, to: number): void {
  for (let step = from; step <= to; step++) {
    log.append({ step, split: "train", loss: 1 / step });
    log.append({ step, split: "val", iou: [0.5, Number.NaN], best: step === 3 });
  }
}

describe("metrics.jsonl", () => {
  it("holds one JSON object a line, with null for what JSON cannot name", () => {
    const log = new MetricsLog(file);
    log.append({ step: 1, loss: 0.5, note: 'a\n"b"' });
    log.append({ step: 2, loss: Number.NaN, rates: [1, Number.POSITIVE_INFINITY] });
    log.sync();
    log.close();
    expect(readFileSync(file, "utf8")).toBe(
      '{"step":1,"loss":0.5,"note":"a\\n\\"b\\""}\n{"step":2,"loss":null,"rates":[1,null]}\n',
    );
    expect(readMetrics(file)[1]).toEqual({ step: 2, loss: null, rates: [1, null] });
  });

  it("of a run killed at step 5 and resumed from step 3 equals that of a run without interruption, byte for byte", () => {
    const whole = new MetricsLog(join(folder, "whole.jsonl"));
    write(whole, 0, 7);
    whole.close();
    const killed = new MetricsLog(file);
    write(killed, 0, 5);
    killed.close();
    const lines = readFileSync(file);
    for (const torn of [0, 1, 20]) {
      writeFileSync(file, lines.subarray(0, lines.length - torn));
      const resumed = new MetricsLog(file, { resumeAt: 3 });
      write(resumed, 4, 7);
      resumed.close();
      expect(readFileSync(file, "utf8")).toBe(readFileSync(join(folder, "whole.jsonl"), "utf8"));
    }
  });

  it("begins empty when the run begins anew, whatever was there", () => {
    const old = new MetricsLog(file);
    write(old, 0, 2);
    old.close();
    new MetricsLog(file).close();
    expect(readMetrics(file)).toEqual([]);
  });

  it("resumes where no metrics were written yet", () => {
    new MetricsLog(file, { resumeAt: 10 }).close();
    expect(readMetrics(file)).toEqual([]);
  });

  it("is read without the last line when that was cut off, even where the cut leaves valid JSON", () => {
    new MetricsLog(file).close();
    appendFileSync(file, '{"step":1}\n{"step":12}');
    expect(readMetrics(file)).toEqual([{ step: 1 }]);
  });

  it.each([
    ["garbage", "garbage"],
    ["", "empty"],
    ['{"loss":1}', '{"loss":1}'],
  ])("is refused when a line in the middle is %j, naming the line", (text, found) => {
    new MetricsLog(file).close();
    appendFileSync(file, `{"step":1}\n${text}\n{"step":2}\n`);
    expect(() => readMetrics(file)).toThrow(CheckpointError);
    expect(() => readMetrics(file)).toThrow(`line 2 of ${file} is ${found}`);
  });

  it("is refused where it cannot be written", () => {
    writeFileSync(join(folder, "run"), "a file");
    expect(() => new MetricsLog(file)).toThrow(FileError);
  });
});
