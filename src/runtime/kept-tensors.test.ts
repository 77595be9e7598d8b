import { expect, it } from "vitest";
import { KeptTensors } from "./kept-tensors.js";
import { float32 } from "./tensor.js";

it("KeptTensors: members are windows on their pack, whoever replaces it, and copies are their own", () => {
  const kept = new KeptTensors();
  const members = [
    { name: "a", shape: [], offset: 0 },
    { name: "b", shape: [2, 2], offset: 1 },
  ];
  kept.set("a", float32([7], []));
  kept.pack("both", members);
  expect(kept.get("both")).toEqual(float32([7, 0, 0, 0, 0], [5]));
  kept.set("b", float32([1, 2, 3, 4], [2, 2]));
  kept.set("alone", float32([9], [1]));
  expect(kept.get("both")).toEqual(float32([7, 1, 2, 3, 4], [5]));
  const copy = kept.toSend("b");
  kept.set("both", float32([5, 6, 7, 8, 9], [5]));
  expect(kept.get("a")).toEqual(float32([5], []));
  expect(kept.get("b")).toEqual(float32([6, 7, 8, 9], [2, 2]));
  expect(copy).toEqual(float32([1, 2, 3, 4], [2, 2]));
  expect(copy.data.buffer.byteLength).toBe(16);
  // A pack that is there already keeps its numbers: several models share it.
  kept.pack("both", members);
  expect(kept.get("a")).toEqual(float32([5], []));
  expect(kept.get("alone")).toEqual(float32([9], [1]));
  expect(kept.get("none")).toBeUndefined();
});
