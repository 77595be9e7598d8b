import { describe, expect, it } from "vitest";
import { UsageError } from "../../errors/index.js";
import { memoryLimit, memoryText, parseMemory } from "./memory.js";

describe("amounts of memory", () => {
  it("are read with their units", () => {
    expect(parseMemory("4GB")).toBe(4_000_000_000);
    expect(parseMemory(" 1.5 GiB ")).toBe(1_610_612_736);
    expect(parseMemory("800mb")).toBe(800_000_000);
  });
  it.each(["4", "GB", "-1GB", "0GB", "4 apples"])("%s is none", (text) => {
    expect(() => parseMemory(text)).toThrow(UsageError);
  });
  it("are written in GB from one on", () => {
    expect([memoryText(3_240_000_000), memoryText(640_400_000)]).toEqual(["3.2 GB", "640 MB"]);
  });
});

describe("memoryLimit", () => {
  it("is what was given, else six tenths of what is free", () => {
    expect(memoryLimit("2GB", 1e9)).toEqual({ bytes: 2e9, text: "2.0 GB" });
    expect(memoryLimit(undefined, 10e9)).toEqual({ bytes: 6e9, text: "6.0 GB (60 % of the free memory)" });
  });
});
