/**
 * @file Elastic deformation: random shifts on a coarse grid, interpolated smoothly between its knots.
 *
 * The form used to train U-Net on few images (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597, section 3.1).
 */
import { z } from "zod";
import type { Random } from "../../util/random.js";
import type { Frame, Warp } from "./geometry.js";
import { defineTransform, probability, type Transform } from "./transform.js";

const options = z.strictObject({
  /** Standard deviation of the shift of a knot along each axis, in pixels. */
  sigma: z.number().nonnegative().default(10),
  /** Cells of the grid along each side; more cells bend the image more sharply. */
  cells: z.int().positive().max(64).default(3),
  /** Probability that the image is deformed. */
  p: probability.default(1),
});

/** Weights of the four knots around a position `t` in [0, 1) of a cell (Catmull-Rom spline: it passes through its knots). */
function spline(t: number, weights: Float64Array): void {
  weights[0] = ((-0.5 * t + 1) * t - 0.5) * t;
  weights[1] = (1.5 * t - 2.5) * t * t + 1;
  weights[2] = ((-1.5 * t + 2) * t + 0.5) * t;
  weights[3] = (0.5 * t - 0.5) * t * t;
}

/** A displacement field over a frame, drawn from `random`. */
class Field implements Warp {
  private readonly knots: number;
  private readonly dx: Float64Array;
  private readonly dy: Float64Array;

  constructor(
    private readonly frame: Frame,
    private readonly cells: number,
    sigma: number,
    random: Random,
  ) {
    // One more knot on either side than the grid has corners, as the spline looks one knot beyond its cell.
    this.knots = cells + 3;
    this.dx = new Float64Array(this.knots ** 2);
    this.dy = new Float64Array(this.knots ** 2);
    for (let i = 0; i < this.dx.length; i++) {
      this.dx[i] = sigma * random.normal();
      this.dy[i] = sigma * random.normal();
    }
  }

  move(x: Float64Array, y: Float64Array): void {
    const { knots, dx, dy, cells } = this;
    const across = cells / this.frame.width;
    const down = cells / this.frame.height;
    const p = new Float64Array(4);
    const q = new Float64Array(4);
    for (let i = 0; i < x.length; i++) {
      // Points that an earlier map put outside the frame move like its border.
      const u = Math.min(Math.max(x[i]! * across, 0), cells);
      const v = Math.min(Math.max(y[i]! * down, 0), cells);
      const column = Math.min(Math.floor(u), cells - 1);
      const row = Math.min(Math.floor(v), cells - 1);
      spline(u - column, p);
      spline(v - row, q);
      let sumX = 0;
      let sumY = 0;
      for (let j = 0; j < 4; j++) {
        const at = (row + j) * knots + column;
        sumX += q[j]! * (p[0]! * dx[at]! + p[1]! * dx[at + 1]! + p[2]! * dx[at + 2]! + p[3]! * dx[at + 3]!);
        sumY += q[j]! * (p[0]! * dy[at]! + p[1]! * dy[at + 1]! + p[2]! * dy[at + 2]! + p[3]! * dy[at + 3]!);
      }
      x[i]! += sumX;
      y[i]! += sumY;
    }
  }
}

export const elasticKind = defineTransform("elastic", options, ({ sigma, cells, p }) => ({
  type: "geometry",
  place: (frame, random) => (random.chance(p) ? { frame, map: new Field(frame, cells, sigma, random) } : undefined),
}));

/** Bends the image by smooth random shifts; the frame keeps its size. */
export function elastic(given: z.input<typeof options> = {}): Transform {
  return elasticKind.check(given);
}
