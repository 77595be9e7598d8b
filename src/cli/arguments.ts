/** @file Parsing of option values that several commands share; each says what it expected. */
import { InvalidArgumentError } from "commander";
import { valueOfText } from "../models/options.js";

/** `HxW` as [height, width]. */
export function parseSize(text: string): [number, number] {
  const match = /^(\d+)x(\d+)$/.exec(text);
  if (!match || Number(match[1]) < 1 || Number(match[2]) < 1)
    throw new InvalidArgumentError("expected HEIGHTxWIDTH in pixels, e.g. 360x480.");
  return [Number(match[1]), Number(match[2])];
}

/** A whole number of at least `least`. */
export const parseWhole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`expected a whole number of at least ${least}.`);
    return value;
  };

/** A number above zero. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number above 0.");
  return value;
}

/** A share from 0 to 1. */
export function parseShare(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("expected a number from 0 to 1.");
  return value;
}

/** `K/N` as fold K (1 to N) of N. */
export function parseFold(text: string): { index: number; count: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (!(count >= 2 && index >= 1 && index <= count))
    throw new InvalidArgumentError("expected FOLD/FOLDS counted from 1, e.g. 1/5.");
  return { index, count };
}

/** `LOW,HIGH`, two numbers above 0. */
export function parseRange(text: string): [number, number] {
  const [low, high, ...more] = text.split(",").map(Number);
  if (!(low! > 0 && high! >= low!) || more.length > 0)
    throw new InvalidArgumentError("expected LOW,HIGH above 0, e.g. 0.8,1.25.");
  return [low!, high!];
}

/** Collects `key=value` of a repeatable option. */
export function collectSettings(text: string, before: { [key: string]: unknown } = {}): { [key: string]: unknown } {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("expected KEY=VALUE, e.g. width=16.");
  return { ...before, [text.slice(0, at).trim()]: valueOfText(text.slice(at + 1)) };
}
