/** @file Before the slow tests: the build that they run as `segkit`, which starts in half of the time that its sources take. */
export { ensureBuilt as default } from "../scripts/ensure.mjs";
