/** @file What --weights may name, against a server on this machine; and the table of ImageNet weights. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encoderNames, encoders } from "../encoders/registry.js";
import { CheckpointError, FileError, UsageError } from "../errors/index.js";
import { Graph } from "../graph/index.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { imagenetWeights, type PretrainedWeights } from "./imagenet.js";
import { fetchWeights, wholeSource } from "./source.js";

const commit = "0123456789abcdef0123456789abcdef01234567";
/** What the server has, by path. */
const files: { readonly [path: string]: string } = {
  "/r.pth": "resnet",
  "/a/both/resolve/main/model.safetensors": "both: safetensors",
  "/a/both/resolve/main/pytorch_model.bin": "both: bin",
  "/a/old/resolve/main/pytorch_model.bin": "old",
  [`/a/fixed/resolve/${commit}/sub/w.pth`]: "fixed",
};
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

const folder = mkdtempSync(join(tmpdir(), "segkit-source-"));
let server: Server;
let origin: string;
const asked: string[] = [];
beforeAll(async () => {
  server = createServer(({ url, headers }, response) => {
    asked.push(url!);
    const content = files[url!];
    const etag = `"${url}"`;
    if (content === undefined) response.writeHead(404).end();
    else if (headers["if-none-match"] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag, "content-length": Buffer.byteLength(content) }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const options = () => ({ cache: join(folder, "cache"), env: { SEGKIT_HF_ENDPOINT: `${origin}/` }, pause: 1 });
const get = (text: string, more = {}) => fetchWeights(text, { ...options(), ...more });

describe("a file", () => {
  it("is itself, with its checksum and the part asked for", async () => {
    const file = join(folder, "a#b.pth");
    writeFileSync(file, "here");
    expect(await get(file)).toEqual({ file, part: undefined, sha256: hash("here"), source: file });
    expect(await get(`${file}#model_ema`)).toMatchObject({ file, part: "model_ema", source: `${file}#model_ema` });
  });

  it("has a path that holds from anywhere", () => {
    const file = join(folder, "far.pth");
    writeFileSync(file, "here");
    const near = relative(process.cwd(), file);
    expect([near, `${near}#model_ema`].map(wholeSource)).toEqual([file, `${file}#model_ema`]);
    for (const source of ["imagenet", "hf:owner/name", "https://host/w.pth", "missing.pth"])
      expect(wholeSource(source)).toBe(source);
  });

  it("that is not there is an error", async () => {
    await expect(get(join(folder, "none.pth"))).rejects.toThrow(FileError);
  });
});

describe("an address", () => {
  it("is downloaded", async () => {
    const got = await get(`${origin}/r.pth#state_dict`);
    expect(got).toMatchObject({ part: "state_dict", sha256: hash("resnet"), source: `${origin}/r.pth#state_dict` });
  });

  it("of another kind is wrong usage", async () => {
    for (const text of ["ftp://a.org/w.pth", "hf:nobody", "s3://bucket/w.pth"])
      await expect(get(text)).rejects.toThrow(UsageError);
  });
});

describe("hf:", () => {
  it("takes model.safetensors, or pytorch_model.bin where there is none", async () => {
    expect((await get("hf:a/both")).sha256).toBe(hash("both: safetensors"));
    expect((await get("hf:a/old")).sha256).toBe(hash("old"));
  });

  it("takes a revision and a file, and asks once for one that is a commit", async () => {
    const text = `hf:a/fixed@${commit}/sub/w.pth`;
    expect((await get(text)).sha256).toBe(hash("fixed"));
    const before = asked.length;
    expect(await get(text)).toMatchObject({ sha256: hash("fixed"), source: text });
    expect(asked).toHaveLength(before);
    await get("hf:a/old");
    expect(asked.length).toBeGreaterThan(before);
  });

  it("without either file says what is missing", async () => {
    await expect(get("hf:a/none")).rejects.toThrow(/there is no model\.safetensors and no pytorch_model\.bin/);
  });
});

describe("imagenet", () => {
  const entry = (more: Partial<PretrainedWeights>): ReadonlyMap<string, PretrainedWeights> =>
    new Map([["r", { ...imagenetWeights.get("resnet18")!, encoder: "r", source: `${origin}/r.pth`, ...more }]]);

  it("is downloaded from the encoder's entry and checked", async () => {
    const good = entry({ sha256: hash("resnet").slice(0, 8) });
    const got = await get("imagenet", { encoder: "r", entries: good });
    expect(got).toMatchObject({ sha256: hash("resnet"), source: "imagenet:r", entry: good.get("r") });
    // What a plan records finds the same weights without the encoder.
    expect((await get("imagenet:r", { entries: good })).file).toBe(got.file);
    await expect(get("imagenet", { encoder: "r", entries: entry({ sha256: "00000000" }) })).rejects.toThrow(
      CheckpointError,
    );
  });

  it("is wrong usage for an encoder without an entry, or no encoder", async () => {
    await expect(get("imagenet", { encoder: "resnet19" })).rejects.toThrow(/Did you mean resnet1/);
    await expect(get("imagenet")).rejects.toThrow(/without a named encoder/);
  });
});

describe("the table", () => {
  const known = encoders.flatMap((encoder) => {
    const weights = imagenetWeights.get(encoder.name);
    return weights ? [{ encoder, weights, name: encoder.name }] : [];
  });

  it("has entries for encoders that there are, and for most of them", () => {
    expect([...imagenetWeights.keys()].filter((name) => !encoderNames.includes(name))).toEqual([]);
    expect(known.length).toBeGreaterThan(encoders.length / 2);
  });

  it.each(known.filter(({ weights }) => weights.parameters !== undefined))(
    "$name has as many parameters as its publisher says",
    ({ encoder, weights }) => {
      const graph = new Graph();
      const state = new NetworkState(graph, "eval");
      encoder.classify(new Scope(state), graph.input("image", "float32", [1, 3, 299, 299]), 1000);
      const specs = [...state.specs.values()].filter(({ kind }) => kind === "parameter");
      const count = specs.reduce((sum, { shape }) => sum + shape.reduce((p, d) => p * d, 1), 0);
      expect(count).toBe(weights.parameters);
    },
  );

  it("names a checksum or a revision, a licence and colours for each", () => {
    for (const { source, sha256, licence, mean, std, encoder } of imagenetWeights.values()) {
      if (source.startsWith("hf:")) expect(source).toMatch(/@[0-9a-f]{40}\//);
      else expect(source.endsWith(`-${sha256}.pth`) && /^[0-9a-f]{8}$/.test(sha256!), encoder).toBe(true);
      expect([licence.length > 3, mean.length, std.length]).toEqual([true, 3, 3]);
    }
  });
});
