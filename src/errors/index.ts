/** @file Tagged errors. Each text says what was expected, what came, and the next step; fields hold the same for programs. */

export type ErrorTag = "graph" | "shape" | "data" | "config" | "usage" | "checkpoint" | "runtime" | "export" | "file";

/** What went wrong, in three parts that are joined into one sentence each. */
export interface ErrorText {
  /** What was expected, e.g. `a mask of 360x480`. */
  expected: string;
  /** What came instead, e.g. `0001.png is 180x240`. */
  found: string;
  /** What to do now, e.g. `run segkit doctor --fix`. */
  next?: string;
}

/** Base of every error Segkit raises on purpose. The command line prints `message` alone and exits with `exitCode`. */
export class SegkitError extends Error {
  readonly tag: ErrorTag;
  readonly expected: string;
  readonly found: string;
  readonly next: string | undefined;
  /** 1: the work failed; 2: the command or an option was wrong. */
  readonly exitCode: 1 | 2 = 1;

  constructor(tag: ErrorTag, text: ErrorText, options?: { cause?: unknown }) {
    super(`${text.found}; expected ${text.expected}${text.next ? `. ${text.next}` : ""}`, options);
    this.name = new.target.name;
    this.tag = tag;
    this.expected = text.expected;
    this.found = text.found;
    this.next = text.next;
  }
}

/** A graph that breaks a rule of its own: a value of another graph, a missing output, a name written twice. */
export class GraphError extends SegkitError {
  constructor(text: ErrorText) {
    super("graph", text);
  }
}

/** Tensor shapes or types that do not fit an operator; `layer` is the scope path of the layer that asked for it. */
export class ShapeError extends SegkitError {
  readonly layer: string;
  constructor(text: ErrorText & { layer?: string }) {
    super("shape", { ...text, found: text.layer ? `${text.layer}: ${text.found}` : text.found });
    this.layer = text.layer ?? "";
  }
}

/** Images, masks or their folders that cannot be used; `file` names the culprit. */
export class DataError extends SegkitError {
  readonly file: string | undefined;
  constructor(text: ErrorText & { file?: string }, options?: { cause?: unknown }) {
    super("data", { ...text, found: text.file ? `${text.file}: ${text.found}` : text.found }, options);
    this.file = text.file;
  }
}

/** A wrong option, name or combination of them. */
export class UsageError extends SegkitError {
  override readonly exitCode = 2;
  constructor(text: ErrorText) {
    super("usage", text);
  }
}

/** A run folder or checkpoint that cannot be loaded or written. */
export class CheckpointError extends SegkitError {
  constructor(text: ErrorText, options?: { cause?: unknown }) {
    super("checkpoint", text, options);
  }
}

/** ONNX Runtime or a device refused. */
export class RuntimeError extends SegkitError {
  constructor(text: ErrorText, options?: { cause?: unknown }) {
    super("runtime", text, options);
  }
}

/** An exported model whose answers differ from the run's. */
export class ExportError extends SegkitError {
  constructor(text: ErrorText) {
    super("export", text);
  }
}

/** A file or folder that cannot be read or written (full disk, missing permission). */
export class FileError extends SegkitError {
  readonly file: string;
  constructor(text: ErrorText & { file: string }, options?: { cause?: unknown }) {
    super("file", { ...text, found: `${text.file}: ${text.found}` }, options);
    this.file = text.file;
  }
}
