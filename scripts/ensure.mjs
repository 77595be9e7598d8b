/** @file What every script needs first: a Node.js that is new enough, the packages of the lock file, and a build of the sources. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the project. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const packageJson = () => JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Ends the script with a message when Node.js is older than package.json asks for. */
export function requireNode() {
  const wanted = packageJson().engines.node.replace(">=", "");
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [wantedMajor, wantedMinor = 0] = wanted.split(".").map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  console.error(
    `This is Node.js ${process.versions.node}; Segkit needs ${wanted} or newer: https://nodejs.org/en/download`,
  );
  process.exit(1);
}

/**
 * Runs a program in the project folder.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ tee?: boolean, env?: Record<string, string>, shell?: boolean }} [options] `tee` also hands back what it prints on standard output
 * @returns {Promise<{ code: number, output: string }>} a program that was killed by a signal has code 1
 */
export function run(command, args, { tee = false, env = {}, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      shell,
      stdio: ["inherit", tee ? "pipe" : "inherit", "inherit"],
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on("error", reject).on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs npm: the one that started this script, or the one on the path. */
function npm(args) {
  const started = process.env.npm_execpath;
  // On Windows npm is a batch file, which only a shell can start.
  return started?.endsWith("npm-cli.js")
    ? run(process.execPath, [started, ...args])
    : run("npm", args, { shell: process.platform === "win32" });
}

async function mustPass(step, { code }) {
  if (code === 0) return;
  console.error(`${step} failed; the reason stands above.`);
  process.exit(code);
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** True when what is installed is what the lock file names; packages for other systems may be missing. */
function matches(installedFile, lockFile) {
  const [installed, locked] = [installedFile, lockFile].map((file) => JSON.parse(readFileSync(file, "utf8")).packages);
  return Object.entries(locked).every(
    ([path, { version, optional, devOptional }]) =>
      path === "" || (path in installed ? installed[path].version === version : optional || devOptional),
  );
}

/** Installs the packages of the lock file, if they are missing or older than it. */
export async function ensureInstalled() {
  const lockFile = join(root, "package-lock.json");
  // npm writes this file at the end of an installation.
  const installedFile = join(root, "node_modules", ".package-lock.json");
  if (existsSync(installedFile)) {
    if (modified(installedFile) >= modified(lockFile)) return;
    // Git gives files it checks out a new time, changed or not.
    if (matches(installedFile, lockFile)) return;
  }
  console.log("Installing packages (npm ci) ...");
  await mustPass("npm ci", await npm(["ci", "--no-audit", "--no-fund"]));
}

/** When anything in a folder last changed, removals of files included. */
function lastChange(folder) {
  let latest = modified(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, lastChange(path));
    else if (!entry.name.includes(".test.")) latest = Math.max(latest, modified(path));
  }
  return latest;
}

/** Builds `dist/`, if it is missing or older than the sources. */
export async function ensureBuilt() {
  const stamp = join(root, "dist", ".built");
  const sources = ["tsconfig.json", "tsconfig.build.json"].map((file) => modified(join(root, file)));
  if (modified(stamp) >= Math.max(lastChange(join(root, "src")), ...sources)) return;
  console.log("Building (npm run build) ...");
  const began = new Date().toISOString();
  await mustPass("npm run build", await npm(["run", "--silent", "build"]));
  // Only a build that went well leaves the stamp; what was written by a broken one is built again.
  writeFileSync(stamp, `${began}\n`);
}

/** The file to start a package's program with Node.js, whatever the system. */
export function programOf(packageName, command = packageName) {
  const folder = join(root, "node_modules", packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof bin === "string" ? bin : bin[command]);
}
