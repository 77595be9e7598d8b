/** @file The whole text of FEATURES.md, from the tables of the program, the comments of the sources and the evidence. */
import { checkTable, layoutTable, metricTable, transformTable } from "./data-sections.js";
import { readEvidence } from "./evidence.js";
import { compositeTable, operatorTable } from "./graph-sections.js";
import { encoderTable, lossTable, networkTable, optimizerTable, scheduleTable } from "./network-sections.js";

export function featuresText(): string {
  const evidence = readEvidence();
  const sections: readonly (readonly [title: string, about: string, content: string])[] = [
    [
      "Operators",
      "Every operator of a graph. It runs on ONNX Runtime as it is, or is replaced by operators that do; one without a gradient says why. The gradient's rows are checked where a rule took part in a case that compares gradients.",
      operatorTable(evidence),
    ],
    ["Functions made of operators", "Their gradients follow from those of the operators.", compositeTable()],
    [
      "Networks",
      "Every network also passes test/contract: shapes and finite numbers at odd sizes, a gradient for every parameter, four images learnt by heart, weights saved and loaded bit for bit, the same numbers from an exported model of free sizes, and a bounded number of nodes.",
      networkTable(evidence),
    ],
    ["Encoders", "Backbones for networks that take one.", encoderTable(evidence)],
    [
      "Losses",
      "Every loss also passes src/losses/losses.test.ts: ignored pixels count nowhere, gradients equal central differences.",
      lossTable(evidence),
    ],
    [
      "Optimizers",
      "With parameter groups and gradient clipping (clipByNorm and clipByValue). See also src/optim/optimizers.test.ts.",
      optimizerTable(evidence),
    ],
    [
      "Schedules",
      "Each behind a warm-up if wanted. `plateau`, which follows scores instead of steps, is a function of its own. See also src/schedules/schedules.test.ts.",
      scheduleTable(evidence),
    ],
    ["Metrics", "Files of src/metrics; each has tests of its own beside it.", metricTable()],
    ["Transforms", "Names as plans use them. Tested in src/data/transforms.", transformTable()],
    ["Layouts of data sets", "In the order in which they are tried. Tested in src/data.", layoutTable()],
    ["Checks of the doctor", "In the order of the report. Tested in src/data/doctor.", checkTable()],
  ];
  const head = `# Features

What there is, and what it is checked against. Made by \`npm run docs\` from the program's own tables; a test fails when this
page is not up to date. Fixtures are stored outputs of reference implementations (PyTorch and others) that \`npm run parity\` computes
again; a fixture is named where a case that passed made use of the entry (\`npm run evidence\` records that in scripts/evidence.json).
`;
  return `${[head, ...sections.map(([title, about, content]) => `## ${title}\n\n${about}\n\n${content}\n`)].join("\n")}`;
}
