/** @file Every architecture takes any number of channels and classes, odd sizes, and sizes that are not known when it is built. */
import { describe, expect, it } from "vitest";
import { symbol } from "../../src/graph/index.js";
import { architectures } from "../../src/models/registry.js";
import {
  allFinite,
  buildSmall,
  largest,
  legalSides,
  open,
  randomImage,
  run,
  smallNetwork,
  startingValues,
} from "./network.js";

describe.each(architectures.map((architecture) => architecture.name))("%s", (name) => {
  const network = smallNetwork(name);
  const [height, width, height2, width2] = legalSides(network, [97, 131, 64, 40], [30, 45, 20, 36]);
  const weights = startingValues();

  it.each([
    [1, 1, 2],
    [1, 3, 21],
    [2, 4, 2],
    [1, 13, 21],
  ])("takes %i images of %i channels to %i classes, finite, at an odd size", async (batch, channels, numClasses) => {
    const shape = [batch, channels, height!.input, width!.input];
    const { graph, state, outputs } = buildSmall(network, "eval", shape, numClasses);
    graph.output("logits", outputs.logits);
    const { logits } = await run(graph, { ...weights(state), image: randomImage(shape) });
    expect(logits!.shape).toEqual([batch, numClasses, height!.output, width!.output]);
    expect(allFinite(logits!)).toBe(true);
    expect(state.usesSeed).toBe(false);
  });

  it("gives the same with symbolic sizes as with known ones, at two sizes", async () => {
    const symbolic = buildSmall(network, "eval", [symbol("batch"), 3, symbol("height"), symbol("width")], 3);
    symbolic.graph.output("logits", symbolic.outputs.logits);
    const session = await open(symbolic.graph);
    for (const [n, h, w] of [
      [1, height!, width!],
      [2, height2!, width2!],
    ] as const) {
      const shape = [n, 3, h.input, w.input];
      const known = buildSmall(network, "eval", shape, 3);
      known.graph.output("logits", known.outputs.logits);
      const feeds = { ...weights(known.state), image: randomImage(shape) };
      const expected = (await run(known.graph, feeds)).logits!;
      const found = (await session.run(feeds)).logits!;
      expect(found.shape).toEqual(expected.shape);
      expect(found.data as Float32Array).toBeAllclose(expected.data as Float32Array, {
        rtol: 0,
        atol: 1e-5 * largest(expected),
      });
    }
    await session.release();
  });
});
