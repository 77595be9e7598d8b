import { expect, it } from "vitest";
import { clock, timeLeft } from "./progress.js";

it("the time left follows the pace since the first look, not since the beginning of a run that goes on", () => {
  let at = 5_000;
  const left = timeLeft(1000, () => at);
  expect(left(600)).toBe("?");
  at += 30_000;
  // 100 in 30 s, and 300 to go.
  expect(left(700)).toBe("1:30");
  at += 90_000;
  expect(left(1000)).toBe("0:00");
});

it("a clock shows minutes, and hours where there are any", () => {
  expect([0, 65, 3723].map(clock)).toEqual(["0:00", "1:05", "1:02:03"]);
});
