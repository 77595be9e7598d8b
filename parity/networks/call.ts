/** @file Constructor calls of the reference projects, such as `smp.Unet('resnet34', encoder_weights=None, classes=5)`. */

/** A Python literal; names such as `Bottleneck` become `{ name }`. */
export type Literal =
  | number
  | string
  | boolean
  | null
  | readonly Literal[]
  | { readonly name: string }
  | { readonly entries: readonly (readonly [Literal, Literal])[] };

export interface Call {
  readonly callee: string;
  readonly positional: readonly Literal[];
  readonly keywords: ReadonlyMap<string, Literal>;
  /** What follows the call, e.g. `, cascade 2-4-8-16`. */
  readonly rest: string;
}

const token =
  /\s*(?:([A-Za-z_][\w.]*)|(-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|([()[\]{}=,:]))/y;

const words: { readonly [word: string]: Literal } = { True: true, False: false, None: null };

class Reader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get rest(): string {
    return this.text.slice(this.at);
  }

  /** The next token, without taking it. */
  peek(): string {
    token.lastIndex = this.at;
    return token.exec(this.text)?.[0]?.trim() ?? "";
  }

  take(): string {
    token.lastIndex = this.at;
    const match = token.exec(this.text);
    if (!match) throw new SyntaxError(`cannot read the call at "${this.rest}" of "${this.text}"`);
    this.at = token.lastIndex;
    return match[0].trim();
  }

  expect(symbol: string): void {
    const found = this.take();
    if (found !== symbol) throw new SyntaxError(`expected "${symbol}" but found "${found}" in "${this.text}"`);
  }

  /** Comma-separated items up to the closing bracket; a comma may follow the last one. Also tells whether there was any comma. */
  private items<T>(close: string, item: () => T): { list: T[]; commas: boolean } {
    const list: T[] = [];
    let commas = false;
    while (this.peek() !== close) {
      list.push(item());
      if (this.peek() !== ",") break;
      commas = true;
      this.take();
    }
    this.expect(close);
    return { list, commas };
  }

  literal(): Literal {
    const first = this.take();
    if (first === "[") return this.items("]", () => this.literal()).list;
    if (first === "(") {
      const { list, commas } = this.items(")", () => this.literal());
      // (a) is a, (a,) is a tuple.
      return list.length === 1 && !commas ? list[0]! : list;
    }
    if (first === "{") {
      const entry = (): readonly [Literal, Literal] => {
        const key = this.literal();
        this.expect(":");
        return [key, this.literal()];
      };
      return { entries: this.items("}", entry).list };
    }
    if (/^['"]/.test(first)) return first.slice(1, -1).replace(/\\(.)/g, "$1");
    if (/^[-.\d]/.test(first)) return Number(first);
    return first in words ? words[first]! : { name: first };
  }

  call(): Call {
    const callee = this.take();
    this.expect("(");
    const positional: Literal[] = [];
    const keywords = new Map<string, Literal>();
    this.items(")", () => {
      const value = this.literal();
      if (this.peek() !== "=") {
        positional.push(value);
        return;
      }
      this.take();
      keywords.set((value as { name: string }).name, this.literal());
    });
    return { callee, positional, keywords, rest: this.rest };
  }
}

/**
 * Reads a constructor call with Python literals as arguments.
 *
 * @throws SyntaxError that shows the place.
 */
export const parseCall = (text: string): Call => new Reader(text).call();
