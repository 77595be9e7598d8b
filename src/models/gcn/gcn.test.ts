import { expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";

it("the kernels of the GCN are columns and rows of the chosen side", () => {
  const { state } = buildNetwork("gcn", { encoder: "resnet18", kernel: 15 }, [1, 3, 97, 131], 4);
  const shape = (name: string): unknown => state.specs.get(name)!.shape;
  expect(shape("gcm1.conv_l1.weight")).toEqual([4, 512, 15, 1]);
  expect(shape("gcm1.conv_l2.weight")).toEqual([4, 4, 1, 15]);
  expect(shape("gcm4.conv_r1.weight")).toEqual([4, 64, 1, 15]);
  expect(shape("gcm4.conv_r2.weight")).toEqual([4, 4, 15, 1]);
});

it("a kernel of even side, which has no middle, is refused", () => {
  expect(() => buildNetwork("gcn", { kernel: 8 }, [1, 3, 64, 64], 2)).toThrow("gcn was given kernel = 8");
});
