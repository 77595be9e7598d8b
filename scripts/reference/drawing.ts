/** @file One picture (SVG) of a network: modules from left to right as they run, from top to bottom by stride. */
import type { Module } from "./modules.js";

const [cell, lane, box] = [78, 38, { width: 66, height: 28 }];
const margin = { left: 62, top: 26 };
/** Maps coarser than this come from pooling for the whole image: one row for all of them. */
const coarsest = 64;

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** The end of a name: its last part, and the one before where that is but a number. */
const shortName = (name: string): string => {
  const parts = name.includes("–") ? [name] : name.split(".");
  const last = parts.slice(/^\d|^..?$/.test(parts.at(-1)!) ? -2 : -1).join(".");
  return last.length <= 13 ? last : `${last.slice(0, 5)}…${last.slice(-7)}`;
};

/** Where a box stands: its column, its row by stride, and its lane in that row where branches run side by side. */
interface Cell {
  readonly column: number;
  readonly row: number;
  readonly lane: number;
}

/** One column behind the last module that it reads; what finds its place taken goes a lane down. */
function cellsOf(modules: readonly Module[], rowOf: (module: Module) => number): Cell[] {
  const taken = new Set<string>();
  const cells: Cell[] = [];
  for (const module of modules) {
    const column = Math.max(0, ...module.from.map((i) => (cells[i]?.column ?? -1) + 1));
    const row = rowOf(module);
    let free = 0;
    while (taken.has(`${column},${row},${free}`)) free++;
    taken.add(`${column},${row},${free}`);
    cells.push({ column, row, lane: free });
  }
  return cells;
}

interface Place {
  readonly x: number;
  readonly y: number;
  /** Half of its width. */
  readonly half: number;
}

/** A line from the right side of one box to the left side of another. */
function edge(from: Place, to: Place, far: boolean): string {
  const [start, end] = [from.x + from.half, to.x - to.half];
  const bend = Math.max(10, (end - start) / 2);
  // A line along its own lane passes above the boxes in between.
  const lift = far && from.y === to.y ? -lane * 0.75 : 0;
  const curve = `C ${start + bend} ${from.y + lift} ${end - bend} ${to.y + lift} ${end} ${to.y}`;
  return `<path d="M ${start} ${from.y} ${curve}" class="${far ? "skip" : "next"}"/>`;
}

function shape(module: Module, { x, y }: Place): string {
  const below = module.channels > 0 ? String(module.channels) : "";
  const title = `<title>${escaped(module.name)}: ${below} channels at stride ${module.stride || "-"}</title>`;
  if (module.symbol)
    return `<g>${title}<circle cx="${x}" cy="${y}" r="10"/><text x="${x}" y="${y + 4}" class="joint">${module.symbol}</text></g>`;
  return (
    `<g>${title}<rect x="${x - box.width / 2}" y="${y - box.height / 2}" width="${box.width}" height="${box.height}" rx="4"/>` +
    `<text x="${x}" y="${y - 2}">${escaped(shortName(module.name))}</text><text x="${x}" y="${y + 10}" class="channels">${below}</text></g>`
  );
}

const style =
  "text{font:8.5px sans-serif;text-anchor:middle;fill:#1b2a3a}.channels{fill:#5b6b7b}.joint{font-size:12px}.stride{fill:#8494a4;text-anchor:end}" +
  "rect{fill:#e7f0fa;stroke:#3b6ea5}circle{fill:#fff;stroke:#3b6ea5}path{fill:none;stroke:#7d93aa}.skip{stroke:#d08a2e;stroke-width:1.2}.row{stroke:#eef2f6}";

/** The picture: columns by what a module reads, rows by stride; lines that pass modules by are orange. */
export function drawing(modules: readonly Module[]): string {
  const fine = [...new Set([1, ...modules.map(({ stride }) => stride)])].filter((s) => s > 0 && s <= coarsest);
  const strides = fine.sort((a, b) => a - b);
  const rowOf = ({ stride }: Module): number =>
    stride > 0 && stride <= coarsest ? strides.indexOf(stride) : strides.length;
  const cells = cellsOf(modules, rowOf);
  const rows = Math.max(...cells.map(({ row }) => row)) + 1;
  const lanes = Array.from({ length: rows }, (_, row) =>
    Math.max(1, ...cells.filter((one) => one.row === row).map((one) => one.lane + 1)),
  );
  const tops = lanes.map((_, row) => margin.top + lanes.slice(0, row).reduce((sum, n) => sum + n * lane + 14, 0));
  const image: Place = { x: margin.left + 12, y: margin.top, half: 16 };
  const place = (i: number): Place => {
    if (i < 0) return image;
    const { column, row, lane: own } = cells[i]!;
    const half = modules[i]!.symbol ? 10 : box.width / 2;
    return { x: margin.left + 28 + (column + 0.6) * cell, y: tops[row]! + own * lane, half };
  };
  const width = Math.max(...modules.map((_, i) => place(i).x)) + cell * 0.6;
  const height = tops.at(-1)! + lanes.at(-1)! * lane;
  const lines = tops.map((y, row) => {
    const label = row < strides.length ? `1/${strides[row]}` : "pooled";
    return `<path d="M ${margin.left - 22} ${y} H ${width - 8}" class="row"/><text x="${margin.left - 26}" y="${y + 3}" class="stride">${label}</text>`;
  });
  const columnOf = (i: number): number => (i < 0 ? -1 : cells[i]!.column);
  const edges = modules.flatMap((module, to) =>
    module.from.map((from) => edge(place(from), place(to), columnOf(to) - columnOf(from) > 1)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<style>${style}</style><rect width="${width}" height="${height}" style="fill:#fff;stroke:none"/>`,
    ...lines,
    `<text x="${image.x}" y="${image.y + 3}">image</text>`,
    ...edges,
    ...modules.map((module, i) => shape(module, place(i))),
    "</svg>\n",
  ].join("\n");
}
