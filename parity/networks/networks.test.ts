import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shared } from "../../test/evaluate.js";
import type { ParityCase } from "../case.js";
import { fillInput, fillState, fillTarget } from "./fill.js";
import type { NetworkFixture } from "./fixture.js";
import { runNetworkFixture } from "./run.js";

const load = (path: string): NetworkFixture => JSON.parse(readFileSync(path, "utf8"));

async function outcome(fixture: NetworkFixture): Promise<ParityCase> {
  for await (const result of runNetworkFixture(fixture)) return result;
  throw new Error("no case");
}

describe("the fill by hash gives the test vectors of the fixtures' README", () => {
  const parameter = (name: string, shape: number[], init: "w" | "n" | "b" | "m" | "v" | "p") => ({ name, shape, init });
  const state = fillState(
    [
      parameter("encoder.conv1.weight", [64, 3, 7, 7], "w"),
      parameter("up.weight", [8, 4, 2, 2], "w"),
      parameter("bn1.weight", [64], "n"),
      parameter("bn1.bias", [64], "b"),
      parameter("bn1.running_mean", [64], "m"),
      parameter("bn1.running_var", [64], "v"),
      parameter("prelu.weight", [1], "p"),
    ],
    Math.SQRT2,
  );
  it.each([
    ["encoder.conv1.weight", [-0.0215147547, 0.165838003, 0.116004661, 0.0553615093]],
    ["up.weight", [-0.415182263, 0.139868557, 0.516844928, 0.0564134903]],
    ["bn1.weight", [1.23156917, 1.01726091, 0.767016768, 1.01952267]],
    ["bn1.bias", [0.0678864419, -0.0856419504, 0.00345993927, 0.0687525049]],
    ["bn1.running_mean", [-0.0672329813, -0.0851396695, 0.0224790908, -0.0735435709]],
    ["bn1.running_var", [1.05650091, 1.13393354, 0.834912539, 1.06590998]],
    ["prelu.weight", [0.268665582]],
  ])("%s", (name, expected) => {
    const found = (state.get(name)!.data as Float32Array).subarray(0, 4);
    expect(found).toBeAllclose(expected, { rtol: 1e-8, atol: 0 });
  });

  it("inputs and targets", () => {
    const input = fillInput({ shape: [1, 3, 2, 2], seed: "input" }).data as Float32Array;
    const first = [0.77155143, -0.733247995, -0.869449079, 0.98070091, 0.492639452, -0.36394614];
    expect(input.subarray(0, 6)).toBeAllclose(first, { rtol: 1e-8, atol: 0 });
    const target = fillTarget({ shape: [1, 4, 5], seed: "target", classes: 5 });
    expect(Array.from(target.data as Int32Array)).toEqual([
      0, 0, 3, 0, 1, 0, 0, 2, 4, 1, 2, 0, 0, 1, 0, 2, 255, 3, 3, 3,
    ]);
  });
});

const unet = shared("parity/meetps/unet.json");
const overEncoder = shared("parity/smp/unet_resnet34.json");

describe.skipIf(!unet.present || !overEncoder.present)("network fixtures", () => {
  it.each([
    ["meetps/unet", unet.path],
    ["smp/unet_resnet34", overEncoder.path],
  ])("%s passes", async (_, path) => {
    const result = await outcome(load(path));
    expect(result.passed, result.detail).toBe(true);
  });

  it("a wrong number fails and is named", async () => {
    const fixture = load(unet.path);
    const wrong = { ...fixture, train: { ...fixture.train!, loss: fixture.train!.loss * 1.001 } };
    expect(await outcome(wrong)).toMatchObject({ passed: false, detail: expect.stringMatching(/^loss is /) });
  });

  it("the first module that differs is named", async () => {
    const fixture = load(unet.path);
    const params = fixture.params.map((p) => (p.name === "center.conv1.1.bias" ? { ...p, scale: 2 } : p));
    // The norm of the state would tell already; it is left right, so that the network runs.
    const state_l2 = Math.sqrt(
      Array.from(fillState(params, fixture.generator.gain).values()).reduce(
        (sum, { data }) => (data as Float32Array).reduce((s, v) => s + v * v, sum),
        0,
      ),
    );
    const result = await outcome({ ...fixture, params, state_l2 });
    expect(result.passed).toBe(false);
    expect(result.detail).toContain("first difference: center.conv1.1 has mean");
  });

  it("a missing tensor, an unknown constructor and an argument without counterpart fail by name", async () => {
    const fixture = load(unet.path);
    const short = { ...fixture, params: fixture.params.slice(1) };
    expect((await outcome(short)).detail).toContain("the reference has no conv1.conv1.0.weight [16,3,3,3]");
    const call = (text: string): NetworkFixture => ({ ...fixture, reference: { ...fixture.reference, call: text } });
    expect((await outcome(call("vnet(n_classes=5)"))).detail).toContain("no counterpart of vnet(n_classes=5)");
    expect((await outcome(call("unet(is_deconv=False)"))).detail).toContain("is_deconv=false is not built");
    expect((await outcome(call("unet(classes=5)"))).detail).toContain("unet has no parameter classes");
  });
});
