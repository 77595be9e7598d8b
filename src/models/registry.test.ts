import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeOptions, optionsOfTexts, parseNetworkOptions, valueOfText } from "./options.js";
import { architectures, chooseNetwork, findArchitecture } from "./registry.js";

describe("registry", () => {
  it("gives every architecture a name of its own and complete default options", () => {
    expect(new Set(architectures.map(({ name }) => name)).size).toBe(architectures.length);
    for (const { name, options } of architectures) {
      expect(Object.keys(chooseNetwork(name).options)).toEqual(describeOptions(options).map((option) => option.name));
      for (const option of describeOptions(options)) expect(option.description, `${name} ${option.name}`).not.toBe("");
    }
  });

  it("suggests the nearest name for an unknown model", () => {
    expect(() => findArchitecture("unt")).toThrow(/no model is named unt.*Did you mean unet/);
  });

  it("takes unet with an encoder as the U-Net over that encoder", () => {
    const { architecture, options } = chooseNetwork("unet", { encoder: "resnet18" });
    expect(architecture.name).toBe("unet-encoder");
    expect(options.encoder).toBe("resnet18");
  });
});

describe("options", () => {
  it("read key=value texts as JSON values, lists and words", () => {
    expect(optionsOfTexts(["width=16", "headBias=true", "decoderChannels=64,32", "encoder=resnet18"])).toEqual({
      width: 16,
      headBias: true,
      decoderChannels: [64, 32],
      encoder: "resnet18",
    });
    expect(valueOfText("[1, 2]")).toEqual([1, 2]);
    expect(() => optionsOfTexts(["width"])).toThrow("key=value");
  });

  it("fill in defaults", () => {
    expect(chooseNetwork("unet", { width: 16 }).options).toEqual({ width: 16, depth: 5, upBias: true, headBias: true });
  });

  it("refuse an unknown name with the nearest ones, and a wrong value with what was expected", () => {
    expect(() => chooseNetwork("unet", { widht: 16 })).toThrow(/unet has no option widht.*Did you mean width/);
    expect(() => chooseNetwork("unet", { width: 0 })).toThrow("unet was given width = 0");
    expect(() => chooseNetwork("unet", { width: "wide" })).toThrow('unet was given width = "wide"');
  });

  it("are described by kind, default and meaning", () => {
    const schema = z.strictObject({
      size: z.int().default(3).describe("how large"),
      mode: z.enum(["a", "b"]).default("a").describe("which"),
      list: z.array(z.number()).default([1]).describe("many"),
    });
    expect(describeOptions(schema)).toEqual([
      { name: "size", kind: "integer", default: 3, description: "how large" },
      { name: "mode", kind: "a | b", default: "a", description: "which" },
      { name: "list", kind: "number[]", default: [1], description: "many" },
    ]);
    expect(parseNetworkOptions(schema, {}, "thing")).toEqual({ size: 3, mode: "a", list: [1] });
  });
});
