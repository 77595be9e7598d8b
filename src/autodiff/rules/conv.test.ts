import { describe, it } from "vitest";
import { checkGradients } from "../../../test/evaluate.js";
import { Conv, ConvTranspose } from "../../graph/index.js";

describe("convolution gradients equal central differences in float64", () => {
  it("Conv with stride 2, dilation 2, asymmetric pads and groups", () =>
    checkGradients({
      inputs: { x: [2, 4, 7, 9], w: [6, 2, 3, 2], b: [6] },
      build: ({ x, w, b }) => Conv(x!, w!, b!, { strides: [2, 1], dilations: [1, 2], pads: [1, 0, 2, 1], group: 2 }),
    }));

  it("Conv that leaves the last row and column unread", () =>
    checkGradients({
      inputs: { x: [1, 2, 6, 8], w: [3, 2, 3, 3] },
      build: ({ x, w }) => Conv(x!, w!, null, { strides: [2, 3] }),
    }));

  it("ConvTranspose with stride, output padding and groups", () =>
    checkGradients({
      inputs: { x: [2, 4, 3, 4], w: [4, 3, 3, 3], b: [6] },
      build: ({ x, w, b }) =>
        ConvTranspose(x!, w!, b!, { strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [1, 0], group: 2 }),
    }));
});
