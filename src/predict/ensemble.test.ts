import { describe, expect, it } from "vitest";
import { bundleOf, infoOf, networkOf, onCpu, pooled, twoConvs, waves } from "../../test/tiny-network.js";
import { RuntimeError, UsageError } from "../errors/index.js";
import { readBundle } from "./bundle.js";
import { joinBundles } from "./ensemble.js";
import { type PredictOptions, Predictor } from "./predictor.js";

const network = networkOf(twoConvs);
const member = (name: string, bundle: Uint8Array) => ({ name, bundle });

/** Three models that differ in weights, normalisation, temperature and structure. */
const members = [
  member("first", bundleOf(network, {}, 1)),
  member("second", bundleOf(network, { normalise: { mean: [90, 100, 110], std: [50], where: "inside the graph" } }, 2)),
  member(
    "third",
    bundleOf(
      networkOf(pooled),
      { calibration: { temperature: 2, split: "val", pixels: 10, ece: { before: 0.2, after: 0.1 } } },
      3,
    ),
  ),
];

async function probabilitiesOf(bundle: Uint8Array, image = waves(46, 38), options: PredictOptions = {}) {
  const predictor = await Predictor.load(bundle, await onCpu());
  try {
    const { probabilities, mask } = await predictor.predict(image, options);
    return { data: probabilities.data as Float32Array, mask };
  } finally {
    await predictor.close();
  }
}

/** The mean over models, pixel by pixel. */
async function meanOf(bundles: readonly Uint8Array[], options: PredictOptions): Promise<Float32Array> {
  const all: Float32Array[] = [];
  for (const bundle of bundles) all.push((await probabilitiesOf(bundle, waves(46, 38), options)).data);
  return all[0]!.map((_, i) => all.reduce((sum, data) => sum + data[i]!, 0) / all.length);
}

describe("joinBundles", () => {
  const tiles = { height: 24, width: 16, overlap: 0.5 };
  it.each<[string, PredictOptions]>([
    ["whole images", {}],
    ["tiles", { tiles }],
    ["tiles, all eight views, and another output size", { tiles, symmetries: "all", outputSize: [30, 50] }],
  ])("gives the mean of its models' probabilities for %s", async (_, options) => {
    // Those at temperature 1, since a single model's is applied after the means, an ensemble's before.
    const plain = members.slice(0, 2);
    const joined = await probabilitiesOf(joinBundles(plain), waves(46, 38), options);
    const expected = await meanOf(
      plain.map(({ bundle }) => bundle),
      options,
    );
    expect(joined.data).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-6 });
    const pixels = joined.mask.data.length;
    for (let i = 0; i < pixels; i++) {
      const each = [0, 1, 2].map((k) => joined.data[k * pixels + i]!);
      expect(joined.mask.data[i]).toBe(each.indexOf(Math.max(...each)));
    }
  });

  it("takes each model at its own temperature", async () => {
    const joined = await probabilitiesOf(joinBundles(members));
    const expected = await meanOf(
      members.map(({ bundle }) => bundle),
      {},
    );
    expect(joined.data).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-6 });
  });

  it("says which models it is made of", () => {
    const { info } = readBundle(joinBundles(members, { provenance: { run: "folds" } }));
    expect(info.name).toBe("two-convs + pooled");
    expect(info.provenance).toEqual({ run: "folds", ensemble: [{}, {}, {}] });
  });

  it("says at which temperatures, also when it is joined again; none of it where none was fitted", () => {
    const all = joinBundles(members);
    const { calibration, temperatures } = readBundle(all).info;
    expect([calibration, temperatures]).toEqual([undefined, [null, null, 2]]);
    const again = joinBundles([member("all", all), members[0]!]);
    expect(readBundle(again).info.temperatures).toEqual([null, null, 2, null]);
    expect("temperatures" in readBundle(joinBundles(members.slice(0, 2))).info).toBe(false);
  });

  it("can be joined again", async () => {
    const pair = joinBundles(members.slice(0, 2));
    const twice = await probabilitiesOf(joinBundles([member("pair", pair), member("same", pair)]));
    expect(twice.data).toBeAllclose((await probabilitiesOf(pair)).data, { rtol: 1e-5, atol: 1e-6 });
  });

  it("refuses models of other classes, channels or void values", () => {
    const with2 = (bundle: Uint8Array) => joinBundles([members[0]!, member("other", bundle)]);
    const { classes } = infoOf(network);
    const renamed = classes.map(({ name, colour }, i) => ({ name: i === 1 ? "tree" : name, colour }));
    expect(() => with2(bundleOf(networkOf(twoConvs, 3, 4)))).toThrow(
      "other has 4 classes (class 0, class 1, class 2, class 3); expected models of an ensemble that are alike: 3 classes (class 0, class 1, class 2), as first has",
    );
    expect(() => with2(bundleOf(network, { classes: renamed }))).toThrow(UsageError);
    expect(() => with2(bundleOf(networkOf(twoConvs, 4)))).toThrow("images of 4 channels");
    expect(() => with2(bundleOf(network, { ignoreIndex: 0 }))).toThrow(UsageError);
  });

  it("refuses models that see images in other sizes, unless the caller says how all see them", () => {
    const small = member(
      "small",
      bundleOf(network, { input: { rule: "resize", height: 20, width: 30, overlap: 0.5 } }),
    );
    expect(() => joinBundles([members[0]!, small])).toThrow("Say how all see images with --input-size or --tiles");
    expect(readBundle(joinBundles([members[0]!, small], { anyInput: true })).info.input.rule).toBe("tiles");
  });

  it("refuses bytes that are no bundle", () => {
    expect(() => joinBundles([members[0]!, member("broken", new Uint8Array([1, 2, 3]))])).toThrow(RuntimeError);
  });
});
