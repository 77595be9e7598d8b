/** @file Images whose channels or value types differ from the rest of the set, and opacity that may be data. */
import { count, type Finding } from "../finding.js";
import type { SampleRecord, Survey } from "../survey.js";

function types(records: readonly SampleRecord[]): Finding[] {
  const byType = new Map<string, string[]>();
  for (const { image, sample } of records)
    if (image) byType.set(image.type, [...(byType.get(image.type) ?? []), sample.image]);
  if (byType.size < 2) return [];
  const ordered = [...byType].sort((a, b) => b[1].length - a[1].length);
  const rest = ordered.slice(1);
  const message = `Values have ${byType.size} types (${ordered.map(([type, files]) => `${files.length} ${type}`).join(", ")}), so they differ in scale. Convert the images to one.`;
  return [{ level: "warning", check: "channels", message, files: rest.flatMap(([, files]) => files) }];
}

/** Images that cannot be brought to the channels of the set, grey ones that are repeated, opacity that is left out. */
export function channels({ dataset, records }: Survey): Finding[] {
  const findings = types(records);
  const add = (level: Finding["level"], which: readonly SampleRecord[], message: string, fix?: string) => {
    if (which.length > 0)
      findings.push({
        level,
        check: "channels",
        message,
        files: which.map(({ sample }) => sample.image),
        ...(fix ? { fix } : {}),
      });
  };
  const n = dataset.channels;
  const wrong = records.filter(({ image }) => image && !image.moments);
  const kinds = [...new Set(wrong.map(({ image }) => image!.channels))].join(" or ");
  add(
    "error",
    wrong,
    `${count(wrong.length, "image")} with ${kinds} channels in a set of ${n}. Convert them, or name the bands in classes.json if ${n} is wrong.`,
    "The pair is left out.",
  );
  const grey = records.filter(({ image }) => image && n === 3 && image.channels === 1);
  add(
    "note",
    grey,
    `${count(grey.length, "grey image")} in a set of colour images: the one channel is used for all three.`,
  );
  // A clear or evenly transparent picture loses nothing; one whose opacity varies may hold a fourth band.
  const dropped = records.filter(({ image }) => (image?.transparent ?? 0) > 0 && image!.channels > n);
  add(
    "warning",
    dropped,
    `${count(dropped.length, "image")} with an opacity channel that is not full; it is left out. If it is data (such as near infrared), name all bands in classes.json.`,
  );
  return findings;
}
