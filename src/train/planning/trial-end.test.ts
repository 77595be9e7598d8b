import { expect, it } from "vitest";
import { RuntimeError } from "../../errors/index.js";
import { deathOf, saysMemory } from "./trial-end.js";

it.each([
  { code: null, signal: "SIGKILL", stderr: "" },
  { code: null, signal: "SIGABRT", stderr: "terminate called after throwing an instance of 'std::bad_alloc'" },
  {
    code: null,
    signal: "SIGABRT",
    stderr: "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
  },
  { code: 1, signal: null, stderr: "mmap: Cannot allocate memory" },
])("a process that ends with $code $signal and says '$stderr' ran out of memory", (end) => {
  expect(deathOf(end)).toBeUndefined();
});

it("any other end is a fault, told with code or signal and the last lines of standard error", () => {
  const fault = deathOf({ code: null, signal: "SIGSEGV", stderr: "" });
  expect(fault).toBeInstanceOf(RuntimeError);
  expect(fault!.found).toBe("its process ended with SIGSEGV");
  const stderr = "one\ntwo\nError: cannot load the library\n    at load\n    at run\n";
  expect(deathOf({ code: 7, signal: null, stderr })!.found).toBe(
    "its process ended with exit code 7 (Error: cannot load the library |     at load |     at run)",
  );
});

it("memory is named by those who ran out of it, not by every error with the word in it", () => {
  expect(saysMemory("Failed to allocate memory for requested buffer of size 9437184000")).toBe(true);
  expect(saysMemory("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED")).toBe(true);
  expect(saysMemory("EINVAL: cannot memory-map weights.bin")).toBe(false);
});
