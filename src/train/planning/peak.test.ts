import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { workerUrl } from "../../util/worker-url.js";
import { peakBytes, peakOfStatus } from "./peak.js";

/** The peak of a fresh process, as it says itself. */
async function peakOfChild(): Promise<number> {
  const { url, execArgv } = workerUrl("./peak", import.meta.url);
  const code = `import(${JSON.stringify(url.href)}).then(({ peakBytes }) => process.send(peakBytes()))`;
  const entry = new URL(`data:text/javascript,${encodeURIComponent(code)}`).href;
  const child = fork(fileURLToPath(url), [], { execArgv: [...execArgv, "--import", entry] });
  const [bytes] = (await once(child, "message")) as [number];
  return bytes;
}

it("the peak is read from the status of a Linux process", () => {
  expect(peakOfStatus("VmPeak:\t  900 kB\nVmHWM:\t  640 kB\nVmRSS:\t  512 kB\n")).toBe(640 * 1024);
  expect(peakOfStatus("")).toBeUndefined();
});

it("the peak is no less than what the process holds, and no process has that of the one that started it", async () => {
  const held = Buffer.alloc(400 * 2 ** 20, 1);
  expect(peakBytes()).toBeGreaterThan(held.length);
  const child = await peakOfChild();
  expect(child).toBeGreaterThan(20 * 2 ** 20);
  expect(child).toBeLessThan(held.length);
});
