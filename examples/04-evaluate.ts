/** @file 04: scores of a trained network on images it has never seen, and metrics of your own from the same counts. */
import { evaluateModel } from "segkit";
import { ConfusionMatrix, formatScoreTable, kappa, meanIou } from "segkit/metrics";
import { trainedRun } from "./shapes.js";

// Every score comes from integer counts, which can be gathered from anywhere: here two masks of four pixels, the last ignored.
const matrix = new ConfusionMatrix(2, { ignoreIndex: 255 });
matrix.add(Uint8Array.of(0, 0, 1, 255), Uint8Array.of(0, 1, 1, 1));
console.log(`by hand: mIoU ${meanIou(matrix).toFixed(4)}, kappa ${kappa(matrix).toFixed(4)}`);

for await (const event of evaluateModel({ model: await trainedRun(), split: "test" })) {
  if (event.kind !== "end") continue;
  console.log(formatScoreTable(event.report.scores));
  console.log(`image by image: ${event.report.images.map(({ meanIou: iou }) => iou.toFixed(3)).join(" ")}`);
  console.log(`test mIoU: ${event.report.scores.meanIou.toFixed(4)}`);
}
