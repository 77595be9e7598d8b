/**
 * @file A training step of every network in its full size is ready in under ten seconds. Timed tests fail on busy machines, so
 * the number of nodes is bounded instead, to which the time is in proportion; the times are measured by `npm run bench`.
 */
import { expect, it } from "vitest";
import { buildLoss } from "../../src/losses/index.js";
import { architectures, chooseNetwork } from "../../src/models/registry.js";
import { buildOptimizer } from "../../src/optim/index.js";
import { compileStep } from "../../src/train/compile.js";
import { onCpu } from "../tiny-network.js";
import { legalSides } from "./network.js";

/**
 * Building the graph and loading it took 0.07 to 0.17 s per 1000 nodes on one core of a server, and 0.27 s in the
 * largest graph (FC-DenseNet, 19 229 nodes: 5.3 s), where loading begins to grow faster than the number of nodes.
 */
const mostNodes = 25_000;

it.each(architectures.map((architecture) => architecture.name))(
  `%s trains with Adam in at most ${mostNodes} nodes a step`,
  async (name) => {
    const network = chooseNetwork(name);
    const [height, width] = legalSides(network, [256, 256], [128, 128]);
    const { device } = await onCpu();
    const { nodes, residents } = compileStep({
      network: { ...network, numClasses: 21, channels: 3 },
      batch: 2,
      height: height!.input,
      width: width!.input,
      loss: buildLoss({ name: "crossEntropy" }, "multiclass"),
      update: { optimizer: buildOptimizer({ name: "adam" } as never) },
      target: device.target,
      channelBlock: device.channelBlock,
    });
    // A network that was built in vain would pass too.
    expect(residents.some(({ kind }) => kind === "slot")).toBe(true);
    expect(nodes).toBeLessThan(mostNodes);
  },
);
