/** @file Running TypeScript programs in processes of their own, with `segkit` meaning the sources of this project. */
import { fileURLToPath, pathToFileURL } from "node:url";

export const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/** Arguments of Node.js and environment for a TypeScript file anywhere on the disk. */
export function fromSource(file: string): { readonly args: string[]; readonly env: NodeJS.ProcessEnv } {
  const loader = pathToFileURL(`${projectRoot}node_modules/tsx/dist/loader.mjs`).href;
  // Its `paths` say what `segkit` and its subpaths are.
  const env = { ...process.env, TSX_TSCONFIG_PATH: `${projectRoot}tsconfig.json` };
  return { args: ["--import", loader, file], env };
}
