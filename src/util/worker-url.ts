/** @file How to start a worker thread from this package, built (`.js`) or straight from its sources (`.ts`, in tests). */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** First two arguments of `new Worker(url, { execArgv })`. */
export interface WorkerEntry {
  readonly url: URL;
  readonly execArgv: string[];
}

/**
 * The entry of a worker whose module lies beside the caller's.
 *
 * @param module path relative to the caller, without extension, e.g. `./worker`
 * @param caller the caller's `import.meta.url`; its extension decides between source and build
 */
export function workerUrl(module: string, caller: string): WorkerEntry {
  if (!caller.endsWith(".ts")) return { url: new URL(`${module}.js`, caller), execArgv: [] };
  // `--import tsx` registers nothing outside the main thread of Node 20, so the worker registers the TypeScript loader itself, from a data URL.
  // A data URL cannot resolve package names: it gets the loader's address.
  const tsx = pathToFileURL(createRequire(caller).resolve("tsx/package.json"));
  const api = new URL("dist/esm/api/index.mjs", tsx).href;
  const register = `import { register } from ${JSON.stringify(api)}; register();`;
  return {
    url: new URL(`${module}.ts`, caller),
    execArgv: ["--import", `data:text/javascript,${encodeURIComponent(register)}`],
  };
}
