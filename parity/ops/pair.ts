/** @file Numbers of fixtures that stand for both axes at once. */

/** (height, width) of a number for both or a list of two. */
export const pair = (value: number | readonly number[]): [number, number] =>
  typeof value === "number" ? [value, value] : [value[0]!, value[1]!];
