/** @file Files of weights of every kind, against what torch says is in them; and files that must be refused. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { CheckpointError, FileError } from "../errors/index.js";
import { encodeModel } from "../onnx/index.js";
import { openWeights } from "./open-weights.js";

/** Written by scripts/make-golden-pth.py with torch 1.13. */
const golden = (name: string): string => fileURLToPath(new URL(`../../test/golden/weights/${name}`, import.meta.url));

type Described = { readonly [name: string]: { shape: number[]; values: (number | string)[] } };
const expected = JSON.parse(readFileSync(golden("expected.json"), "utf8")) as { state: Described; plain: Described };

const folder = mkdtempSync(join(tmpdir(), "segkit-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** The numbers of the file as they are in float32. */
const float = (values: readonly (number | string)[]): Float32Array =>
  Float32Array.from(values, (value) => (typeof value === "string" ? Number(value.replace("inf", "Infinity")) : value));

function expectTensors(path: string, described: Described): void {
  const { tensors } = openWeights(path);
  expect([...tensors.keys()]).toEqual(Object.keys(described));
  for (const [name, { shape, values }] of Object.entries(described))
    expect(tensors.get(name), name).toEqual({ dtype: "float32", shape, data: float(values) });
}

describe("a state dict saved by torch has torch's numbers", () => {
  it.each(["zip.pth", "protocol4.pth", "legacy.pth", "protocol5-legacy.pth"])("%s", (name) => {
    const opened = openWeights(golden(name));
    expect([opened.format, opened.part, opened.others]).toEqual(["torch", "", []]);
    expectTensors(golden(name), expected.state);
  });

  it("tied tensors share their numbers, and whatever shares a storage is a view of it", () => {
    const { tensors } = openWeights(golden("zip.pth"));
    const [a, b, kernel, part] = ["tied.a", "tied.b", "conv.weight", "part"].map((name) => tensors.get(name)!.data);
    expect(a!.buffer).toBe(b!.buffer);
    expect(part!.buffer).toBe(kernel!.buffer);
  });

  it("inside a training checkpoint is found, the largest first, and named", () => {
    const { part, others, tensors } = openWeights(golden("wrapped.pth"));
    expect(part).toBe("model_state");
    expect(others).toEqual(["model_ema"]);
    expect([...tensors.keys()]).toEqual(Object.keys(expected.plain));
    const ema = openWeights(golden("wrapped.pth"), "model_ema");
    const [once, twice] = [tensors, ema.tensors].map((all) => all.get("module.conv.bias")!.data as Float32Array);
    expect(twice).toEqual(once!.map((value) => value * 2));
    expect(() => openWeights(golden("wrapped.pth"), "teacher")).toThrow(
      /in its part teacher.*It has them in .*model_ema/,
    );
  });
});

describe("other files", () => {
  it("safetensors of 16-bit floats become float32", () => {
    const { half, bfloat } = expected.state;
    expectTensors(golden("small-types.safetensors"), { half: half!, bfloat: bfloat! });
  });

  it("an ONNX model gives its initializers, whatever its name", () => {
    const bits = Uint8Array.from([0x00, 0x3c, 0x00, 0xc0]);
    const model = encodeModel({
      irVersion: 8,
      producerName: "test",
      opsetImport: [{ domain: "", version: 17 }],
      metadataProps: [],
      graph: {
        name: "g",
        node: [],
        input: [],
        output: [],
        initializer: [
          { name: "w", dims: [2, 1], dataType: 1, rawData: new Uint8Array(Float32Array.of(1.5, -2).buffer) },
          { name: "listed", dims: [3], dataType: 1, floatData: [1, 2, 3] },
          { name: "half", dims: [2], dataType: 10, rawData: bits },
          { name: "size", dims: [2], dataType: 7, int64Data: [4, 5] },
          { name: "text", dims: [0], dataType: 8 },
        ],
      },
    });
    const { format, tensors } = openWeights(file("model.pth", model));
    expect(format).toBe("onnx");
    expect([...tensors].map(([name, { shape, data }]) => [name, shape, [...(data as Float32Array)]])).toEqual([
      ["w", [2, 1], [1.5, -2]],
      ["listed", [3], [1, 2, 3]],
      ["half", [2], [1, -2]],
      ["size", [2], [4, 5]],
    ]);
  });
});

describe("files that are refused, executing nothing", () => {
  const cases: readonly (readonly [name: string, message: RegExp])[] = [
    ["malicious.pth", /asks for the Python object posix\.system; .*Nothing was executed/],
    ["malicious-legacy.pth", /asks for the Python object posix\.system; .*Nothing was executed/],
    ["namespace.pth", /asks for the Python object argparse\.Namespace; .*torch\.save\(model\.state_dict\(\)/],
    ["whole-model.pth", /asks for the Python object torch\.nn\.modules\.conv\.Conv2d/],
    ["script.pt", /a TorchScript program; expected a state dict/],
    ["plain.pickle", /a Python pickle that torch\.save did not write/],
    ["truncated-zip.pth", /no list of entries at its end \(truncated\?\)/],
    ["truncated-legacy.pth", /truncated\?/],
  ];
  it.each(cases)("%s", (name, message) => {
    expect(() => openWeights(golden(name))).toThrow(CheckpointError);
    expect(() => openWeights(golden(name))).toThrow(message);
    expect(existsSync("/tmp/segkit-executed")).toBe(false);
  });

  it("a missing file and a folder", () => {
    expect(() => openWeights(join(folder, "none.pth"))).toThrow(FileError);
    expect(() => openWeights(folder)).toThrow(FileError);
  });

  it.each([
    ["a web page", "<!DOCTYPE html><html>", /is a web page; .*Download the file itself/],
    ["a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\n", /git lfs pull/],
    ["nothing", "", /is empty/],
    ["noise", "not weights at all, but text", /is no weights file that Segkit knows/],
    ["a ZIP of something else", Buffer.from("504b0506000000000000000000000000000000000000", "hex"), /no weights file/],
  ])("%s", (_, content, message) => {
    expect(() => openWeights(file("bad", content))).toThrow(message);
  });

  it("every cut of a checkpoint is an error of ours, never a crash", () => {
    for (const name of ["zip.pth", "legacy.pth"]) {
      const whole = readFileSync(golden(name));
      for (let length = 0; length < whole.length; length += 37)
        expect(() => openWeights(file("cut", whole.subarray(0, length))), `${name} cut at ${length}`).toThrow(
          CheckpointError,
        );
    }
  });

  it("every changed byte gives an error of ours, or weights", () => {
    for (const name of ["zip.pth", "legacy.pth"]) {
      const whole = readFileSync(golden(name));
      for (let at = 0; at < whole.length; at += 11) {
        const changed = Uint8Array.from(whole);
        changed[at]! ^= 0x55;
        try {
          for (const { shape, data } of openWeights(file("changed", changed)).tensors.values())
            expect(data).toHaveLength(shape.reduce((p, d) => p * d, 1));
        } catch (error) {
          expect(error, `${name} with byte ${at} changed`).toBeInstanceOf(CheckpointError);
        }
      }
    }
  });
});
