/**
 * @file A reader of Python pickles that executes nothing. A pickle is a program for a small stack machine, and in Python
 * one of its instructions calls any function by name; here only the instructions are known that data need, and a name is
 * looked up in a closed table of our own functions. Everything else is refused by name.
 *
 * Instructions: https://github.com/python/cpython/blob/main/Lib/pickletools.py; those of protocols 2 to 5 that Python writes.
 */
import { CheckpointError } from "../errors/index.js";

/** A Python tuple; lists are arrays, dicts and sets are Map and Set. */
export class Tuple {
  constructor(readonly items: readonly unknown[]) {}
}

/** What a name in a pickle stands for here. */
export interface PickleGlobal {
  /** As Python writes it, e.g. `collections.OrderedDict`. */
  readonly name: string;
  /** What calling it gives; without it the name is a value only. */
  readonly call?: (args: readonly unknown[]) => unknown;
}

export interface PickleOptions {
  /** The names that a pickle may use. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** What an object that is stored outside of the pickle stands for; without it there may be none. */
  readonly persistent?: (id: unknown) => unknown;
  /** How messages call the file. */
  readonly file: string;
}

/** What a pickle holds, and where the bytes behind it begin. */
export interface Unpickled {
  readonly value: unknown;
  readonly end: number;
}

/** A state dict of ten thousand tensors takes some 2 MB; what is longer is no state dict. */
const longest = 64 * 2 ** 20;
const mostValues = 4_000_000;
const deepestMarks = 1000;

const nothingExecuted = "Nothing was executed.";

/** The machine's memory while a pickle is read. */
class Machine {
  stack: unknown[] = [];
  /** Stacks below the open marks. */
  readonly below: unknown[][] = [];
  readonly memo = new Map<number, unknown>();
  at: number;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    start: number,
    readonly options: PickleOptions,
  ) {
    this.at = start;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  broken(found: string): CheckpointError {
    return new CheckpointError({
      found: `${this.options.file}: ${found}`,
      expected: "a complete PyTorch checkpoint",
      next: `Use another copy of the file. ${nothingExecuted}`,
    });
  }

  /** The next `count` bytes. */
  take(count: number): Uint8Array {
    const from = this.at;
    if (count < 0 || from + count > this.bytes.length)
      throw this.broken(`the pickle ends at byte ${this.bytes.length}, in the middle of a value (truncated?)`);
    this.at += count;
    return this.bytes.subarray(from, this.at);
  }

  /** An unsigned number of 1, 2, 4 or 8 bytes. */
  unsigned(size: 1 | 2 | 4 | 8): number {
    const from = this.at;
    this.take(size);
    if (size === 1) return this.view.getUint8(from);
    if (size === 2) return this.view.getUint16(from, true);
    if (size === 4) return this.view.getUint32(from, true);
    return Number(this.view.getBigUint64(from, true));
  }

  signed(): number {
    this.take(4);
    return this.view.getInt32(this.at - 4, true);
  }

  float(): number {
    this.take(8);
    return this.view.getFloat64(this.at - 8, false);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    const text = this.text(end < 0 ? this.bytes.length : end - this.at);
    this.at++;
    return text;
  }

  push(value: unknown): void {
    if (this.stack.length >= mostValues) throw this.broken("more values at once than any checkpoint has");
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0) throw this.broken("the pickle takes a value that it never gave");
    return this.stack.pop();
  }

  peek(): unknown {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  mark(): void {
    if (this.below.length >= deepestMarks) throw this.broken(`values nested deeper than ${deepestMarks}`);
    this.below.push(this.stack);
    this.stack = [];
  }

  /** The values since the last mark. */
  popMark(): unknown[] {
    const values = this.stack;
    const below = this.below.pop();
    if (!below) throw this.broken("the pickle ends a list that it never began");
    this.stack = below;
    return values;
  }

  remember(index: number): void {
    if (this.memo.size >= mostValues) throw this.broken("more values than any checkpoint has");
    this.memo.set(index, this.peek());
  }

  recall(index: number): void {
    if (!this.memo.has(index)) throw this.broken(`the pickle refers to value ${index}, which it never gave`);
    this.push(this.memo.get(index));
  }

  global(module: unknown, name: unknown): void {
    const full = `${String(module)}.${String(name)}`;
    const found = this.options.globals.get(full);
    if (!found)
      throw new CheckpointError({
        found: `${this.options.file}: the pickle asks for the Python object ${full}`,
        expected: "a state dict: names with tensors, beside numbers, texts and lists of them",
        next: `${nothingExecuted} Where you trust the file, save its state dict alone: torch.save(model.state_dict(), "weights.pth").`,
      });
    this.push(found);
  }

  call(): void {
    const args = this.pop();
    const called = this.pop() as Partial<PickleGlobal> | null;
    if (!(args instanceof Tuple) || typeof called?.call !== "function" || !this.options.globals.has(called.name ?? ""))
      throw this.broken("the pickle calls what is no function");
    this.push(called.call(args.items));
  }

  setItems(items: readonly unknown[]): void {
    const dict = this.peek();
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw this.broken("items are put into what is no dict");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  append(items: readonly unknown[]): void {
    const list = this.peek();
    if (list instanceof Set) for (const item of items) list.add(item);
    else if (Array.isArray(list)) for (const item of items) list.push(item);
    else throw this.broken("items are put into what is no list");
  }

  persistent(): void {
    if (!this.options.persistent) throw this.broken("the pickle refers to a storage, and there is none");
    this.push(this.options.persistent(this.pop()));
  }
}

/** A whole number of any length, little-endian two's complement. */
function long(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = (value << 8n) | BigInt(byte);
  if (bytes.length > 0 && bytes.at(-1)! & 0x80) value -= 1n << BigInt(8 * bytes.length);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** No number in a checkpoint has more digits than those of the format's own magic number. */
const longestNumber = 64;

function longOf(machine: Machine, size: number): number | bigint {
  if (size > longestNumber) throw machine.broken(`a number of ${size} bytes`);
  return long(machine.take(size));
}

/** Takes the last `count` values as a tuple. */
function tupleOf(machine: Machine, count: number): void {
  const items = Array.from({ length: count }, () => machine.pop()).reverse();
  machine.push(new Tuple(items));
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** What each instruction does; bytes that are not listed are refused. Names are those of Python's pickletools. */
const instructions: ReadonlyMap<number, (m: Machine) => void> = new Map<number, (m: Machine) => void>([
  [0x80, (m) => void m.take(1)], // PROTO
  [0x95, (m) => void m.unsigned(8)], // FRAME
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => void m.pop()], // POP
  [0x31, (m) => void m.popMark()], // POP_MARK
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4a, (m) => m.push(m.signed())], // BININT
  [0x4b, (m) => m.push(m.unsigned(1))], // BININT1
  [0x4d, (m) => m.push(m.unsigned(2))], // BININT2
  [0x8a, (m) => m.push(longOf(m, m.unsigned(1)))], // LONG1
  [0x8b, (m) => m.push(longOf(m, m.unsigned(4)))], // LONG4
  [0x47, (m) => m.push(m.float())], // BINFLOAT
  [0x58, (m) => m.push(m.text(m.unsigned(4)))], // BINUNICODE
  [0x8c, (m) => m.push(m.text(m.unsigned(1)))], // SHORT_BINUNICODE
  [0x8d, (m) => m.push(m.text(m.unsigned(8)))], // BINUNICODE8
  // Texts of Python 2, whose bytes Latin-1 keeps.
  [0x55, (m) => m.push(latin1(m.take(m.unsigned(1))))], // SHORT_BINSTRING
  [0x54, (m) => m.push(latin1(m.take(m.unsigned(4))))], // BINSTRING
  [0x43, (m) => m.push(m.take(m.unsigned(1)))], // SHORT_BINBYTES
  [0x42, (m) => m.push(m.take(m.unsigned(4)))], // BINBYTES
  [0x8e, (m) => m.push(m.take(m.unsigned(8)))], // BINBYTES8
  [0x96, (m) => m.push(m.take(m.unsigned(8)))], // BYTEARRAY8
  [0x29, (m) => m.push(new Tuple([]))], // EMPTY_TUPLE
  [0x85, (m) => tupleOf(m, 1)], // TUPLE1
  [0x86, (m) => tupleOf(m, 2)], // TUPLE2
  [0x87, (m) => tupleOf(m, 3)], // TUPLE3
  [0x74, (m) => m.push(new Tuple(m.popMark()))], // TUPLE
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x61, (m) => m.append([m.pop()])], // APPEND
  [0x65, (m) => m.append(m.popMark())], // APPENDS
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x73, (m) => m.setItems([m.pop(), m.pop()].reverse())], // SETITEM
  [0x75, (m) => m.setItems(m.popMark())], // SETITEMS
  [0x8f, (m) => m.push(new Set())], // EMPTY_SET
  [0x90, (m) => m.append(m.popMark())], // ADDITEMS
  [0x91, (m) => m.push(new Set(m.popMark()))], // FROZENSET
  [0x71, (m) => m.remember(m.unsigned(1))], // BINPUT
  [0x72, (m) => m.remember(m.unsigned(4))], // LONG_BINPUT
  [0x94, (m) => m.remember(m.memo.size)], // MEMOIZE
  [0x68, (m) => m.recall(m.unsigned(1))], // BINGET
  [0x6a, (m) => m.recall(m.unsigned(4))], // LONG_BINGET
  [0x63, (m) => m.global(m.line(), m.line())], // GLOBAL
  [0x93, (m) => m.global(...([m.pop(), m.pop()].reverse() as [unknown, unknown]))], // STACK_GLOBAL
  [0x52, (m) => m.call()], // REDUCE
  [0x81, (m) => m.call()], // NEWOBJ
  // Attributes of a dict (a state dict's versions of modules) or of a number's type: nothing that is read here.
  [0x62, (m) => void m.pop()], // BUILD
  [0x51, (m) => m.persistent()], // BINPERSID
]);

const stop = 0x2e;

/**
 * Reads the pickle that starts at `start`.
 *
 * @throws CheckpointError when it is damaged, asks for a Python object that is not in the table, or exceeds all measure.
 */
export function unpickle(bytes: Uint8Array, options: PickleOptions, start = 0): Unpickled {
  const machine = new Machine(bytes, start, options);
  for (;;) {
    const place = machine.at;
    if (place - start > longest) throw machine.broken(`a pickle of more than ${longest} bytes`);
    const code = machine.unsigned(1);
    if (code === stop) return { value: machine.pop(), end: machine.at };
    const run = instructions.get(code);
    if (!run) throw machine.broken(`byte ${place} is 0x${code.toString(16)}, no instruction that a checkpoint uses`);
    run(machine);
  }
}
