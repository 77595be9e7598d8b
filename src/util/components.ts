/** @file Connected components of a label map: areas of one label whose pixels touch along an edge. */

/** The components of a map. */
export interface Components {
  /** Number of each pixel's component, from 1 in reading order of their first pixels; 0 where there is none. */
  readonly numbers: Int32Array;
  /** How many there are. */
  readonly count: number;
}

/** A box of pixels, the ends not included. */
export interface PixelBox {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/**
 * Components of pixels with the same label, neighbours being the four along the edges: objects that meet at a corner stay apart.
 *
 * @param belongs whether pixels of a label are part of any component
 */
export function connectedComponents(
  labels: ArrayLike<number>,
  height: number,
  width: number,
  belongs: (label: number) => boolean,
): Components {
  const numbers = new Int32Array(height * width);
  const open = new Int32Array(height * width);
  let count = 0;
  for (let start = 0; start < numbers.length; start++) {
    const label = labels[start]!;
    if (numbers[start] !== 0 || !belongs(label)) continue;
    count++;
    let waiting = 0;
    const visit = (pixel: number): void => {
      if (numbers[pixel] !== 0 || labels[pixel] !== label) return;
      numbers[pixel] = count;
      open[waiting++] = pixel;
    };
    visit(start);
    while (waiting > 0) {
      const pixel = open[--waiting]!;
      const column = pixel % width;
      if (column > 0) visit(pixel - 1);
      if (column + 1 < width) visit(pixel + 1);
      if (pixel >= width) visit(pixel - width);
      if (pixel + width < numbers.length) visit(pixel + width);
    }
  }
  return { numbers, count };
}

/** The box around each component, in the order of their numbers. */
export function boxesOf({ numbers, count }: Components, width: number): PixelBox[] {
  const boxes = Array.from({ length: count }, () => ({ top: Infinity, left: Infinity, bottom: 0, right: 0 }));
  for (let pixel = 0; pixel < numbers.length; pixel++) {
    const box = boxes[numbers[pixel]! - 1];
    if (!box) continue;
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    box.top = Math.min(box.top, row);
    box.bottom = row + 1;
    box.left = Math.min(box.left, column);
    box.right = Math.max(box.right, column + 1);
  }
  return boxes;
}

/** Each component of fewer than `size` pixels taken away, the others numbered anew without gaps. */
export function withoutSmall({ numbers, count }: Components, size: number): Components {
  const areas = new Float64Array(count + 1);
  for (const number of numbers) areas[number]!++;
  let kept = 0;
  const renamed = areas.map((area, number) => (number > 0 && area >= size ? ++kept : 0));
  return { numbers: numbers.map((number) => renamed[number]!), count: kept };
}
