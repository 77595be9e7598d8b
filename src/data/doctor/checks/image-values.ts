/** @file Image values that upset normalisation: no numbers, channels of one value, values that stand for "no measurement". */
import { channelStatistics } from "../../statistics.js";
import { count, type Finding, some } from "../finding.js";
import type { Survey } from "../survey.js";

/** Values by which instruments and programs mark missing measurements. */
const sentinels: readonly number[] = [-9999, -32768, -99999, -3.4028234663852886e38];

/** Warnings for not-a-number pixels, constant channels and undeclared "no data" values. */
export function imageValues({ dataset, records }: Survey): Finding[] {
  const seen = records.flatMap(({ image, sample }) =>
    image?.moments ? [{ file: sample.image, moments: image.moments }] : [],
  );
  const findings: Finding[] = [];
  const add = (message: string, files: string[]) =>
    findings.push({ level: "warning", check: "image-values", message, files });
  const name = (channel: number) => dataset.bands?.[channel] ?? `channel ${channel + 1}`;
  const odd = seen.filter(({ moments }) => moments.notFinite > 0);
  if (odd.length > 0)
    add(
      `${count(odd.length, "image")} with pixels that are no numbers; one of them makes a loss of a whole batch NaN. Fill them.`,
      odd.map(({ file }) => file),
    );
  const missing = seen.filter(({ moments }) => moments.channels.some(({ min }) => sentinels.includes(min)));
  if (missing.length > 0) {
    const [{ moments }] = missing as [(typeof missing)[0]];
    const bands = moments.channels.flatMap(({ min }, channel) =>
      sentinels.includes(min) ? [`${min} in ${name(channel)}`] : [],
    );
    add(
      `${count(missing.length, "image")} with values that look like "no data" (${some(bands)}); they distort mean and deviation. Fill them, or declare them in the files.`,
      missing.map(({ file }) => file),
    );
  }
  const statistics = channelStatistics(seen.map(({ moments }) => moments));
  const constant = statistics?.std.flatMap((std, channel) => (std === 0 ? [name(channel)] : [])) ?? [];
  if (constant.length > 0 && seen.length > 1)
    add(`The same value everywhere in ${some(constant)}: the channel says nothing.`, []);
  return findings;
}
