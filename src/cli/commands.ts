/** @file All commands, in the order the help shows them. */
import type { Command } from "commander";
import { addDoctor } from "./commands/doctor.js";
import { addEval } from "./commands/eval.js";
import { addExport } from "./commands/export.js";
import { addModels } from "./commands/models.js";
import { addPredict } from "./commands/predict.js";
import { addRuns } from "./commands/runs.js";
import { addTrain } from "./commands/train.js";

export const commands: readonly ((root: Command) => void)[] = [
  addDoctor,
  addTrain,
  addEval,
  addPredict,
  addExport,
  addModels,
  addRuns,
];
