/**
 * @file Sizes that are known or symbolic. While training every size is a number. In an exported graph batch, height and
 * width are symbols; arithmetic on them builds an expression that the writer turns into `Shape` operators.
 */

/** A size: a number, or an expression over the symbols of the graph's inputs. */
export type Dim = number | SymbolicDim;

export type DimOperator = "add" | "sub" | "mul" | "floorDiv" | "mod" | "max" | "min";

export type SymbolicDim =
  | { readonly kind: "symbol"; readonly name: string }
  | { readonly kind: "expression"; readonly operator: DimOperator; readonly a: Dim; readonly b: Dim };

export type Shape = readonly Dim[];

/** A size that the caller of an exported model chooses, e.g. `symbol("height")`. */
export const symbol = (name: string): SymbolicDim => ({ kind: "symbol", name });

const calculate: Record<DimOperator, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  floorDiv: (a, b) => Math.floor(a / b),
  mod: (a, b) => ((a % b) + b) % b,
  max: Math.max,
  min: Math.min,
};

function combine(operator: DimOperator, a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return calculate[operator](a, b);
  if (operator === "add" && b === 0) return a;
  if (operator === "add" && a === 0) return b;
  if (operator === "sub" && b === 0) return a;
  if (operator === "sub" && sameDim(a, b)) return 0;
  if (operator === "mul" && b === 1) return a;
  if (operator === "mul" && a === 1) return b;
  if (operator === "mul" && (a === 0 || b === 0)) return 0;
  if (operator === "floorDiv" && b === 1) return a;
  // (a*n + c) folds so that equal sizes reached by different routes keep equal texts.
  if (
    (operator === "add" || operator === "sub") &&
    typeof b === "number" &&
    typeof a === "object" &&
    a.kind === "expression"
  ) {
    const signed = operator === "add" ? b : -b;
    if (a.operator === "add" && typeof a.b === "number") return combine("add", a.a, a.b + signed);
    if (a.operator === "sub" && typeof a.b === "number") return combine("add", a.a, signed - a.b);
  }
  if (operator === "sub" && typeof b === "number") return combine("add", a, -b);
  // a + (b - a) and (a + b) - a are b: sizes of padded and cropped maps.
  if (operator === "add" && typeof b === "object" && b.kind === "expression" && b.operator === "sub" && sameDim(a, b.b))
    return b.a;
  if (operator === "sub" && typeof a === "object" && a.kind === "expression" && a.operator === "add" && sameDim(a.a, b))
    return a.b;
  if (operator === "floorDiv" && typeof b === "number" && typeof a === "object" && a.kind === "expression") {
    if (a.operator === "mul" && typeof a.b === "number" && a.b % b === 0) return combine("mul", a.a, a.b / b);
    // floor((m*b + c) / b) = m + floor(c / b), whatever c is.
    if (a.operator === "add" && typeof a.b === "number" && divides(a.a, b))
      return combine("add", combine("floorDiv", a.a, b), Math.floor(a.b / b));
  }
  if (operator === "mul" && typeof b === "number" && typeof a === "object" && a.kind === "expression") {
    if (a.operator === "mul" && typeof a.b === "number") return combine("mul", a.a, a.b * b);
    if (a.operator === "add" && typeof a.b === "number") return combine("add", combine("mul", a.a, b), a.b * b);
  }
  return { kind: "expression", operator, a, b };
}

const divides = (a: Dim, n: number): boolean =>
  typeof a === "number"
    ? a % n === 0
    : a.kind === "expression" && a.operator === "mul" && typeof a.b === "number" && a.b % n === 0;

export const add = (a: Dim, b: Dim): Dim => combine("add", a, b);
export const sub = (a: Dim, b: Dim): Dim => combine("sub", a, b);
export const mul = (a: Dim, b: Dim): Dim => combine("mul", a, b);
export const floorDiv = (a: Dim, b: Dim): Dim => combine("floorDiv", a, b);
export const mod = (a: Dim, b: Dim): Dim => combine("mod", a, b);
export const max = (a: Dim, b: Dim): Dim => combine("max", a, b);
export const min = (a: Dim, b: Dim): Dim => combine("min", a, b);
export const ceilDiv = (a: Dim, b: number): Dim => floorDiv(add(a, b - 1), b);

/** Product of sizes; 1 for none. */
export const product = (dims: Shape): Dim => dims.reduce<Dim>((p, d) => mul(p, d), 1);

/** The number that a size is once its symbols have values. */
export const evaluateDim = (dim: Dim, sizeOf: (symbol: string) => number): number =>
  typeof dim === "number"
    ? dim
    : dim.kind === "symbol"
      ? sizeOf(dim.name)
      : calculate[dim.operator](evaluateDim(dim.a, sizeOf), evaluateDim(dim.b, sizeOf));

/** The size as text: `480`, `height`, `(height+31)//32*32`. Equal texts mean equal sizes. */
export function dimText(dim: Dim): string {
  if (typeof dim === "number") return String(dim);
  if (dim.kind === "symbol") return dim.name;
  const [a, b] = [dimText(dim.a), dimText(dim.b)];
  switch (dim.operator) {
    case "add":
      return typeof dim.b === "number" && dim.b < 0 ? `(${a}${b})` : `(${a}+${b})`;
    case "sub":
      return `(${a}-${b})`;
    case "mul":
      return `${a}*${b}`;
    case "floorDiv":
      return `${a}//${b}`;
    case "mod":
      return `(${a}%${b})`;
    default:
      return `${dim.operator}(${a},${b})`;
  }
}

export const shapeText = (shape: Shape): string => `[${shape.map(dimText).join(",")}]`;

/** Whether two sizes are known to be equal. */
export const sameDim = (a: Dim, b: Dim): boolean =>
  a === b || (typeof a === "object" && typeof b === "object" && dimText(a) === dimText(b));

/** Whether two sizes can be equal: false only for two different numbers. Symbolic sizes are checked when the model runs. */
export const compatible = (a: Dim, b: Dim): boolean => typeof a !== "number" || typeof b !== "number" || a === b;

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => sameDim(d, b[i]!));

/** The sizes as numbers, or undefined when one is symbolic. */
export const staticShape = (shape: Shape): number[] | undefined =>
  shape.every((d) => typeof d === "number") ? (shape as number[]).slice() : undefined;
