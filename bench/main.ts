/** @file `npm run bench -- NAME [--json FILE] [--rounds N] [--only NETWORK]`: one benchmark, medians and ratios. */
import { writeFileAtomic } from "../src/util/files.js";
import { benchmarks } from "./cases.js";
import type { BenchCase } from "./measure.js";

const args = process.argv.slice(2);
const value = (flag: string): string | undefined => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
const name = args[0] ?? "";
const benchmark = benchmarks[name];
if (!benchmark) {
  process.stderr.write(
    `usage: npm run bench -- NAME [--json FILE] [--rounds N] [--only NETWORK]\nNAME is one of ${Object.keys(benchmarks).join(", ")}\n`,
  );
  process.exit(2);
}

const line = ({
  name: title,
  medianMs,
  minMs,
  maxMs,
  gflops,
  ceilingShare,
  peakMB,
  readyMs,
  nodes,
}: BenchCase): string =>
  `${title.padEnd(58)} ${medianMs.toFixed(1).padStart(8)} ms (${minMs.toFixed(1)}..${maxMs.toFixed(1)})  ${gflops.toFixed(0).padStart(5)} GFLOP/s  ${(100 * ceilingShare).toFixed(0).padStart(3)} % of the ceiling  ${peakMB.toFixed(0).padStart(5)} MB${readyMs === undefined ? "" : `  ready in ${(readyMs / 1000).toFixed(1)} s, ${nodes} nodes`}`;

process.stdout.write(`${name}: ${benchmark.title}\n`);
const cases = benchmark.run(Number(value("--rounds") ?? 3), value("--only"));
for (const one of cases) process.stdout.write(`${line(one)}\n`);
for (const peer of cases.filter((one) => one.name.endsWith("(PyTorch)"))) {
  const ours = cases.find((one) => `${one.name} (PyTorch)` === peer.name)!;
  process.stdout.write(
    `${ours.name}: ${(ours.medianMs / peer.medianMs).toFixed(2)} of PyTorch's time, ${(ours.peakMB / peer.peakMB).toFixed(2)} of its memory\n`,
  );
}
const file = value("--json");
if (file !== undefined) writeFileAtomic(file, `${JSON.stringify(cases, null, 2)}\n`);
