/** @file All commands, in the order the help shows them. */
import type { Command } from "commander";
import { addDoctor } from "./commands/doctor.js";
import { addEval } from "./commands/eval.js";
import { addExport } from "./commands/export.js";
import { addModels } from "./commands/models.js";
import { addPredict } from "./commands/predict.js";
import { addRank } from "./commands/rank.js";
import { addRuns } from "./commands/runs.js";
import { addSemi } from "./commands/semi.js";
import { addTrain } from "./commands/train.js";

export const commands: readonly ((root: Command) => void)[] = [
  addDoctor,
  addTrain,
  addSemi,
  addEval,
  addPredict,
  addRank,
  addExport,
  addModels,
  addRuns,
];
