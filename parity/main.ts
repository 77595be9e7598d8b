/**
 * @file `npm run parity -- DIR|FILE ...`: runs fixture files of reference implementations, one line a case, and ends with
 * `N passed, N failed`. The form of the files is described beside them.
 */
import { casesOf, fixtureFiles } from "./files.js";

const paths = process.argv.slice(2);
if (paths.length === 0) {
  process.stderr.write("usage: npm run parity -- DIR|FILE ...\n");
  process.exit(2);
}
let passed = 0;
let failed = 0;
for (const file of fixtureFiles(paths)) {
  try {
    for await (const one of casesOf(file)) {
      if (one.passed) passed++;
      else failed++;
      process.stdout.write(`${one.passed ? "ok    " : "FAILED"} ${one.name}: ${one.detail}\n`);
    }
  } catch (error) {
    failed++;
    process.stdout.write(`FAILED ${file}: ${(error as Error).message}\n`);
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
