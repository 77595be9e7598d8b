import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { collectSettings, parseFold, parseRange, parseShare, parseSize, parseWhole } from "./arguments.js";
import { table } from "./table.js";

describe("option values", () => {
  it("are read in their own form", () => {
    expect(parseSize("360x480")).toEqual([360, 480]);
    expect(parseFold("2/5")).toEqual({ index: 2, count: 5 });
    expect(parseRange("0.5,2")).toEqual([0.5, 2]);
    expect(parseShare("0")).toBe(0);
    expect(collectSettings("depth=4", collectSettings("decoderChannels=64,32"))).toEqual({
      decoderChannels: [64, 32],
      depth: 4,
    });
    expect(collectSettings("name=a=b")).toEqual({ name: "a=b" });
  });

  it.each([
    ["size", () => parseSize("360")],
    ["size", () => parseSize("0x4")],
    ["whole number", () => parseWhole(1)("1.5")],
    ["whole number", () => parseWhole(0)("")],
    ["fold", () => parseFold("6/5")],
    ["fold", () => parseFold("1")],
    ["range", () => parseRange("2,1")],
    ["share", () => parseShare("1.1")],
    ["setting", () => collectSettings("=4")],
  ])("that are no %s are refused", (_, parse) => {
    expect(parse).toThrow(InvalidArgumentError);
  });
});

it("tables have aligned columns, numbers on the right, and no space at the ends of lines", () => {
  const rows = [
    ["unet", "5", "plain"],
    ["unet-paper", "12", ""],
  ];
  expect(table(["model", "n", "what"], rows, { right: [1] })).toBe(
    "model        n  what\nunet         5  plain\nunet-paper  12",
  );
});
