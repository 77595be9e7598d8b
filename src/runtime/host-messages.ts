/** @file What the main thread and a session host say to each other. */
import type { PackMember } from "./kept-tensors.js";
import type { SessionOptions } from "./session.js";
import type { Tensor } from "./tensor.js";

export type TensorTable = { readonly [name: string]: Tensor };

/** A model to load, and how its inputs and outputs relate to the tensors that the host keeps. */
export interface LoadRequest {
  readonly kind: "load";
  readonly model: Uint8Array;
  readonly options: SessionOptions;
  /** Kept tensor that an input reads, where its name differs from the input's. */
  readonly reads?: { readonly [input: string]: string };
  /** Kept tensors that are parts of one, which the model reads and writes as such. */
  readonly pack?: { readonly name: string; readonly members: readonly PackMember[] };
  /** Kept tensor that an output replaces after a run. */
  readonly writes?: { readonly [output: string]: string };
}

export interface RunRequest {
  readonly kind: "run";
  readonly session: number;
  readonly feeds: TensorTable;
  /** Outputs to send back; those that replace kept tensors stay. */
  readonly fetch: readonly string[];
}

export type Request =
  | LoadRequest
  | RunRequest
  | { readonly kind: "put"; readonly tensors: TensorTable }
  | { readonly kind: "get"; readonly names: readonly string[] }
  | { readonly kind: "release"; readonly session: number }
  | { readonly kind: "stop" };

export type Reply =
  | { readonly session: number }
  | { readonly tensors: TensorTable; readonly milliseconds: number }
  | Record<string, never>;

export interface Envelope<T> {
  readonly id: number;
  readonly body: T;
}

export type Answer =
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly expected: string; readonly found: string; readonly next?: string };
