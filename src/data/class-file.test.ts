/** @file Class files in every form people write, and what is refused. */
import { afterAll, describe, expect, it } from "vitest";
import { smallSet } from "../../test/small-sets.js";
import { findClassFile, parseClassFile, readClassFile } from "./class-file.js";
import { classTableOf, classTableToJson, normalised } from "./classes.js";

const set = smallSet();
afterAll(set.remove);
const parse = (json: unknown) => parseClassFile(json, "classes.json");

describe("parseClassFile", () => {
  it("reads a list of names as values 0, 1, 2 with VOC colours", () => {
    const { table, hasColours } = parse(["road", "car"]);
    expect(table).toMatchObject({ names: ["road", "car"], values: [0, 1], voids: [], numClasses: 2, ignoreIndex: 255 });
    expect(table.colours).toEqual([
      [0, 0, 0],
      [128, 0, 0],
    ]);
    expect(hasColours).toBe(false);
    expect(parse({ classes: ["road", "car"] }).table).toEqual(table);
  });

  it("counts only real classes: a void entry in the middle shifts class indices, not mask values", () => {
    const { table } = parse({
      void_index: 1,
      classes: [{ name: "a" }, { name: "nothing", color: [9, 9, 9] }, { name: "b", color: "#0a0B0c" }],
    });
    expect(table).toMatchObject({ names: ["a", "b"], values: [0, 2], numClasses: 2 });
    expect(table.voids).toEqual([{ value: 1, name: "nothing", colour: [9, 9, 9] }]);
    expect(table.colours[1]).toEqual([10, 11, 12]);
  });

  it("takes void from a flag, or from void_index alone", () => {
    expect(parse([{ name: "a" }, { name: "b", void: true }]).table).toMatchObject({
      numClasses: 1,
      voids: [{ value: 1, name: "b" }],
    });
    expect(parse({ classes: ["a", "b"], ignore_index: 254 }).table.voids).toMatchObject([{ value: 254, name: "void" }]);
  });

  it("reads colour tables and value tables by name", () => {
    const { table, hasColours } = parse({ sky: [1, 2, 3], road: "#ff0000" });
    expect(table).toMatchObject({
      names: ["sky", "road"],
      values: [0, 1],
      colours: [
        [1, 2, 3],
        [255, 0, 0],
      ],
    });
    expect(hasColours).toBe(true);
    expect(parse({ classes: { sky: 4, road: 2 } }).table).toMatchObject({ names: ["road", "sky"], values: [2, 4] });
  });

  it("reads band names", () => {
    expect(parse({ classes: ["a"], bands: ["red", "nir"] }).bands).toEqual(["red", "nir"]);
    expect(() => parse({ classes: ["a"], bands: 4 })).toThrow(/"bands" is 4, not a list of names/);
  });

  it("uses 65535 for void when there are more than 255 classes", () => {
    expect(classTableOf(Array.from({ length: 255 }, (_, i) => `c${i}`)).ignoreIndex).toBe(255);
    expect(classTableOf(Array.from({ length: 256 }, (_, i) => `c${i}`)).ignoreIndex).toBe(65535);
  });

  it.each([
    [["a", "a"], /two classes have the name "a"/],
    [
      [
        { name: "a", index: 3 },
        { name: "b", index: 3 },
      ],
      /two classes have the mask value 3/,
    ],
    [[{ index: 3 }], /class 0 has no name/],
    [[{ name: "a", index: -1 }], /mask value -1/],
    [{ sky: [1, 2] }, /the colour of class "sky" is \[1,2\]/],
    [{ sky: "blue" }, /"blue"/],
    [[], /names no class/],
    [{ void_index: 0, classes: ["a"] }, /names no class/],
    [null, /holds null/],
    ["road", /holds a string/],
  ])("refuses %j", (json, message) => {
    expect(() => parse(json)).toThrow(message);
    expect(() => parse(json)).toThrow(/^classes\.json: .*expected a list of names/);
  });

  it("the written form reads back as the same table", () => {
    const { table } = parse({
      void_index: 0,
      classes: [{ name: "none" }, { name: "a", color: [1, 2, 3] }, { name: "b" }],
    });
    expect(parse(classTableToJson(table)).table).toEqual(table);
    expect(parse(classTableToJson(normalised(table))).table).toMatchObject({
      values: [0, 1],
      voids: [{ value: 255, name: "none" }],
    });
  });
});

describe("class files on disk", () => {
  it("is found in the folder or beside it; none is no error", async () => {
    set.text("tiles/x.txt", "");
    expect(await findClassFile(set.at("tiles"))).toBeUndefined();
    set.text("classes.json", ["outer"]);
    expect((await findClassFile(set.at("tiles")))?.table.names).toEqual(["outer"]);
    set.text("tiles/classes.json", ["inner"]);
    expect((await findClassFile(set.at("tiles")))?.table.names).toEqual(["inner"]);
  });

  it("a missing or broken file is one clear error", async () => {
    await expect(readClassFile(set.at("none.json"))).rejects.toThrow(/none\.json: it cannot be opened/);
    await expect(readClassFile(set.text("broken.json", "{"))).rejects.toThrow(/broken\.json: the file is not JSON/);
  });
});
