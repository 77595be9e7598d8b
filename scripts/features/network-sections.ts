/** @file The parts of FEATURES.md about networks and their training: architectures, encoders, losses, optimizers, schedules. */
import { encoders } from "../../src/encoders/registry.js";
import { type LossName, losses } from "../../src/losses/index.js";
import { architectures } from "../../src/models/registry.js";
import { optimizers } from "../../src/optim/index.js";
import { schedules } from "../../src/schedules/index.js";
import type { Evidence } from "./evidence.js";
import { fileList, table } from "./markdown.js";
import { fileComment, importedFiles } from "./source.js";

export const networkTable = ({ networks }: Evidence): string =>
  table(
    ["network", "what it is", "year", "paper", "output", "outputs, loss and gradients equal the fixtures of"],
    architectures.map(({ name, title, year, paper, keepsSize }) => [
      `\`${name}\``,
      title,
      String(year),
      paper,
      keepsSize ? "the input's size" : "the middle of the input",
      fileList(networks[name] ?? []) || "(no reference network)",
    ]),
  );

export const encoderTable = (evidence: Evidence): string =>
  table(
    ["encoder", "what it is", "paper", "channels", "equals the fixtures of"],
    encoders.map(({ name, title, paper, channels }) => [
      `\`${name}\``,
      title,
      paper,
      channels.join(" "),
      fileList(evidence.encoders[name] ?? []),
    ]),
  );

/** Names of a registry with what their files say, and fixtures. */
function familyRows(names: readonly string[], registry: string, evidence: { [name: string]: string[] }): string[][] {
  const files = importedFiles(registry);
  return names.map((name) => [`\`${name}\``, fileComment(files.get(name)!), fileList(evidence[name] ?? [])]);
}

export function lossTable(evidence: Evidence): string {
  const rows = familyRows(Object.keys(losses), "src/losses/registry.ts", evidence.losses);
  return table(
    ["loss", "what it is", "tasks", "value and gradient equal the fixtures of"],
    (Object.keys(losses) as LossName[]).map((name, i) => {
      const [title, what, files] = rows[i] as [string, string, string];
      return [title, what, losses[name].tasks.join(", "), files];
    }),
  );
}

export const optimizerTable = (evidence: Evidence): string =>
  table(
    ["optimizer", "what it is", "five steps equal the fixtures of"],
    familyRows(Object.keys(optimizers), "src/optim/registry.ts", evidence.optimizers),
  );

export const scheduleTable = (evidence: Evidence): string =>
  table(
    ["schedule", "what it is", "rates equal the fixtures of"],
    familyRows(Object.keys(schedules), "src/schedules/registry.ts", evidence.schedules),
  );
