import { expect, it } from "vitest";
import { parseCall } from "./call.js";

it("reads Python calls with positional and keyword arguments", () => {
  const call = parseCall("smp.Unet('resnet34', encoder_weights=None, classes=5, decoder_channels=(256, 128,), x=True)");
  expect(call.callee).toBe("smp.Unet");
  expect(call.positional).toEqual(["resnet34"]);
  expect(Object.fromEntries(call.keywords)).toEqual({
    encoder_weights: null,
    classes: 5,
    decoder_channels: [256, 128],
    x: true,
  });
});

it("tells (a,) from (a), and reads lists, dictionaries, names, signs and exponents", () => {
  expect(parseCall("f((1,), (2), [3, [4]], {'a': -1e-3}, Bottleneck, \"it's\")").positional).toEqual([
    [1],
    2,
    [3, [4]],
    { entries: [["a", -1e-3]] },
    { name: "Bottleneck" },
    "it's",
  ]);
});

it("keeps what follows the call", () => {
  expect(parseCall("Deeplabv3(num_classes=5), cascade 2-4-8-16").rest).toBe(", cascade 2-4-8-16");
  expect(parseCall("f()").positional).toEqual([]);
});

it("shows the place that it cannot read", () => {
  expect(() => parseCall("f(1, @)")).toThrow('cannot read the call at " @)"');
});
