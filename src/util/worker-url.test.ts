import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { workerUrl } from "./worker-url.js";

test("beside a built module the worker is built too", () => {
  const { url, execArgv } = workerUrl("./worker", "file:///package/dist/data/loader/pool.js");
  expect(url.href).toBe("file:///package/dist/data/loader/worker.js");
  expect(execArgv).toEqual([]);
});

test("beside a source the worker is TypeScript, and Node runs it", async () => {
  const { url, execArgv } = workerUrl("./nearest", import.meta.url);
  expect(url.href).toMatch(/src\/util\/nearest\.ts$/);
  const worker = new Worker(url, { execArgv });
  const [code] = await new Promise<[number]>((resolve, reject) => {
    worker.once("exit", (exit) => resolve([exit]));
    worker.once("error", reject);
  });
  expect(code).toBe(0);
});
