/** @file Share of training time spent waiting for data: CamVid at 360x480, U-Net width 16, one minute. Arguments: THREADS. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { train } from "../src/verbs/train.js";
import { printSample, shared } from "./measure.js";

const data = shared("data/camvid");
if (!existsSync(data)) throw new Error(`this benchmark needs CamVid at ${data}`);
const folder = mkdtempSync(join(tmpdir(), "segkit-loader-"));
let waited = 0;
try {
  const options = {
    data,
    run: join(folder, "run"),
    set: { width: 16 },
    size: [360, 480] as const,
    minutes: 1,
    seed: 1,
    threads: Number(process.argv[2] ?? 2),
    doctor: false,
  };
  for await (const event of train(options)) if (event.kind === "end") waited = event.waitedShare;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
printSample([100 * waited], 0);
