/** @file The version of this package, from its package.json. */
import { readFileSync } from "node:fs";

/** Such as `0.1.0`. The file lies two folders up from the sources and from the build alike. */
export const packageVersion: string = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
).version;
