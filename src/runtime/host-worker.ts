/** @file The thread that owns sessions and the tensors that stay between runs (weights, optimizer state). */
import { parentPort } from "node:worker_threads";
import { SegkitError } from "../errors/index.js";
import { collectGarbage } from "./collect.js";
import type { Answer, Envelope, LoadRequest, Reply, Request, RunRequest, TensorTable } from "./host-messages.js";
import { KeptTensors } from "./kept-tensors.js";
import { Session } from "./session.js";
import type { Tensor } from "./tensor.js";

const port = parentPort!;
const kept = new KeptTensors();
const sessions = new Map<number, { session: Session; load: LoadRequest }>();
let nextSession = 0;

async function load(request: LoadRequest): Promise<Reply> {
  const session = await Session.create(request.model, request.options);
  if (request.pack) kept.pack(request.pack.name, request.pack.members);
  sessions.set(nextSession, { session, load: { ...request, model: new Uint8Array() } });
  return { session: nextSession++ };
}

async function run({ session: id, feeds, fetch }: RunRequest): Promise<Reply> {
  const { session, load } = sessions.get(id)!;
  const inputs: { [name: string]: Tensor } = {};
  for (const name of session.inputNames) {
    const tensor = feeds[name] ?? kept.get(load.reads?.[name] ?? name);
    if (tensor) inputs[name] = tensor;
  }
  const started = performance.now();
  const outputs = await session.run(inputs);
  const milliseconds = performance.now() - started;
  const writes = Object.entries(load.writes ?? {});
  for (const [output, name] of writes) kept.set(name, outputs[output]!);
  if (writes.length > 0) collectGarbage();
  return { tensors: Object.fromEntries(fetch.map((name) => [name, outputs[name]!])), milliseconds };
}

async function answer(request: Request): Promise<Reply> {
  switch (request.kind) {
    case "load":
      return load(request);
    case "run":
      return run(request);
    case "put":
      for (const [name, tensor] of Object.entries(request.tensors)) kept.set(name, tensor);
      return {};
    case "get":
      return { tensors: Object.fromEntries(request.names.map((name) => [name, kept.toSend(name)])), milliseconds: 0 };
    case "release":
      await sessions.get(request.session)?.session.release();
      sessions.delete(request.session);
      return {};
    case "stop":
      for (const { session } of sessions.values()) await session.release();
      return {};
  }
}

/** Buffers of fetched outputs are handed over; those of kept tensors are copied, since the next run needs them. */
function transferable(request: Request, reply: Reply): ArrayBuffer[] {
  if (request.kind !== "run" || !("tensors" in reply)) return [];
  const replaced = new Set(Object.keys(sessions.get(request.session)?.load.writes ?? {}));
  return Object.entries(reply.tensors as TensorTable).flatMap(([name, { data }]) =>
    replaced.has(name) ? [] : [data.buffer as ArrayBuffer],
  );
}

// One request after the other: a run blocks this thread anyway, and the order of puts and runs is part of their meaning.
let queue = Promise.resolve();
port.on("message", ({ id, body }: Envelope<Request>) => {
  queue = queue.then(async () => {
    try {
      const reply = await answer(body);
      port.postMessage({ id, body: { ok: true, reply } } satisfies Envelope<Answer>, transferable(body, reply));
      if (body.kind === "stop") port.close();
    } catch (error) {
      const text =
        error instanceof SegkitError
          ? error
          : { expected: "a working session", found: String((error as Error)?.message ?? error), next: undefined };
      const body: Answer = {
        ok: false,
        expected: text.expected,
        found: text.found,
        ...(text.next ? { next: text.next } : {}),
      };
      port.postMessage({ id, body } satisfies Envelope<Answer>);
    }
  });
});
