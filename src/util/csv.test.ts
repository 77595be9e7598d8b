import { expect, it } from "vitest";
import { csvText } from "./csv.js";

it("csvText quotes commas, quotes and line breaks, and leaves the rest alone", () => {
  expect(
    csvText([
      ["name", "score"],
      ['a "b"', 0.5],
      ["x,y", undefined],
      ["two\nlines", true],
    ]),
  ).toBe('name,score\r\n"a ""b""",0.5\r\n"x,y",\r\n"two\nlines",true\r\n');
});
