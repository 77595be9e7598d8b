/** @file Downloads from a server on this machine: ranges, broken connections, wrong checksums, redirects, two at once. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CheckpointError, FileError } from "../errors/index.js";
import { Random } from "../util/random.js";
import { cacheFolder, cachePlace } from "./cache.js";
import { type DownloadProgress, download } from "./download.js";
import { ConnectionError, NotFoundError } from "./http.js";

const random = new Random(5, "download");
const content = Buffer.from(Uint8Array.from({ length: 300_000 }, () => random.integer(256)));
const sha256 = createHash("sha256").update(content).digest("hex");

interface Asked {
  readonly path: string;
  readonly range: string | undefined;
}

let server: Server;
let origin: string;
let asked: Asked[];
let cache: string;
/** What the server does in place of sending the whole file. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;

/** Sends the file as servers do: parts, and nothing where the version is known. */
function sendFile({ headers }: IncomingMessage, response: ServerResponse, bytes = content, etag = '"v1"'): void {
  if (headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end();
  const start = Number(/^bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(start) || (headers["if-range"] ?? etag) !== etag)
    return void response.writeHead(200, { etag, "content-length": bytes.length }).end(bytes);
  if (start >= bytes.length) return void response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
  const rest = bytes.subarray(start);
  const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
  response.writeHead(206, { etag, "content-length": rest.length, "content-range": range }).end(rest);
}

/** Sends half of what is asked for and breaks the connection. */
function breakOff({ headers }: IncomingMessage, response: ServerResponse): void {
  const start = Number(/^bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0);
  const rest = content.subarray(start);
  const range = start > 0 ? { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { etag: '"v1"', "content-length": rest.length, ...range });
  response.write(rest.subarray(0, rest.length / 2), () => response.destroy());
}

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push({ path: request.url!, range: request.headers.range });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "segkit-cache-"));
  asked = [];
  answer = sendFile;
});
afterEach(() => rmSync(cache, { recursive: true }));

const get = (path = "/w.pth", more: Parameters<typeof download>[1] = {}) =>
  download(`${origin}${path}`, { cache, pause: 1, ...more });

const files = (): string[] => readdirSync(cache).map((name) => name.replace(/^[0-9a-f]{12}-/, ""));

describe("download", () => {
  it("puts the file into the cache, says how far it is, and leaves no other files", async () => {
    const seen: DownloadProgress[] = [];
    const got = await get("/w.pth", { onProgress: (progress) => seen.push(progress) });
    expect(got).toEqual({ file: expect.stringContaining("-w.pth"), sha256, cached: false });
    expect(readFileSync(got.file).equals(content)).toBe(true);
    expect(seen.at(-1)).toEqual({ url: `${origin}/w.pth`, done: content.length, total: content.length });
    expect(files().sort()).toEqual(["w.pth", "w.pth.json"]);
  });

  it("asks the server once for a fixed file, and for others only whether it changed", async () => {
    await get("/a.pth", { sha256: sha256.slice(0, 8) });
    expect((await get("/a.pth", { sha256: sha256.slice(0, 8) })).cached).toBe(true);
    expect((await get("/a.pth", { fixed: true })).cached).toBe(true);
    expect(asked).toHaveLength(1);
    expect((await get("/a.pth")).cached).toBe(true);
    expect(asked).toHaveLength(2);
    const changed = Buffer.from("another version");
    answer = (request, response) => sendFile(request, response, changed, '"v2"');
    const got = await get("/a.pth");
    expect([got.cached, readFileSync(got.file, "utf8")]).toEqual([false, "another version"]);
  });

  it("goes on where the connection broke, as often as bytes come", async () => {
    let broken = 0;
    answer = (request, response) => (broken++ < 7 ? breakOff : sendFile)(request, response);
    const got = await get();
    expect(readFileSync(got.file).equals(content)).toBe(true);
    expect(asked.slice(0, 3).map(({ range }) => range)).toEqual([undefined, "bytes=150000-", "bytes=225000-"]);
  });

  it("keeps what came when the server stays away, and goes on the next time", async () => {
    answer = (request, response) => (asked.length === 1 ? breakOff(request, response) : void response.destroy());
    const failing = get();
    await expect(failing).rejects.toThrow(ConnectionError);
    await expect(failing).rejects.toThrow(/goes on where it stopped/);
    expect(files().sort()).toEqual(["w.pth.part", "w.pth.part.json"]);
    answer = sendFile;
    expect((await get()).sha256).toBe(sha256);
    expect(asked.at(-1)!.range).toBe("bytes=150000-");
  });

  it("begins anew when the file was changed in between", async () => {
    answer = (request, response) => (asked.length === 1 ? breakOff(request, response) : void response.destroy());
    await expect(get()).rejects.toThrow(ConnectionError);
    const changed = Buffer.from(content.subarray().toReversed());
    answer = (request, response) => sendFile(request, response, changed, '"v2"');
    expect(readFileSync((await get()).file).equals(changed)).toBe(true);
  });

  it("begins anew when more was kept than there is", async () => {
    const place = cachePlace(cache, `${origin}/w.pth`);
    writeFileSync(`${place}.part`, Buffer.concat([content, content]));
    writeFileSync(`${place}.part.json`, JSON.stringify({ version: '"v1"' }));
    expect((await get()).sha256).toBe(sha256);
    expect(asked.map(({ range }) => range)).toEqual([`bytes=${2 * content.length}-`, undefined]);
  });

  it("follows redirects and believes the checksum that Hugging Face tells on the way", async () => {
    let told = sha256;
    answer = (request, response) => {
      if (request.url === "/w.pth")
        response.writeHead(302, { location: "/data/1?signed", "x-linked-etag": `"${told}"` }).end();
      else sendFile(request, response);
    };
    expect((await get()).sha256).toBe(sha256);
    told = "0".repeat(64);
    answer = ((before) => (request: IncomingMessage, response: ServerResponse) => {
      delete request.headers["if-none-match"];
      before(request, response);
    })(answer);
    await expect(get()).rejects.toThrow(CheckpointError);
  });

  it("gives up in a circle of redirects", async () => {
    answer = (_, response) => void response.writeHead(302, { location: "/w.pth" }).end();
    await expect(get()).rejects.toThrow(/redirects without end/);
  });

  it("removes what has another checksum, and says what came and what to do", async () => {
    const wrong = get("/w.pth", { sha256: "f37072fd" });
    await expect(wrong).rejects.toThrow(CheckpointError);
    await expect(wrong).rejects.toThrow(
      `what came has SHA-256 ${sha256.slice(0, 8)}; expected f37072fd. The file was removed.`,
    );
    expect(files()).toEqual([]);
  });

  it.each([
    [404, NotFoundError, "the server has no such file (404)"],
    [403, FileError, "the server refuses the file (403)"],
    [503, ConnectionError, "the server is in trouble (503)"],
    [418, FileError, "the server answers 418"],
  ])("says what a refusal by %i means", async (status, kind, text) => {
    answer = (_, response) => void response.writeHead(status).end("no");
    await expect(get()).rejects.toThrow(kind);
    await expect(get()).rejects.toThrow(text);
    expect(files()).toEqual([]);
  });

  it("without a server says so at once, and uses what is in the cache", async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(gone.address() as AddressInfo).port}/w.pth`;
    await new Promise((resolve) => gone.close(resolve));
    await expect(download(url, { cache })).rejects.toThrow(/the server does not answer; .*--weights FILE/);
    const place = cachePlace(cache, url);
    writeFileSync(place, content);
    writeFileSync(`${place}.json`, JSON.stringify({ url, version: '"v1"', sha256, bytes: content.length }));
    expect(await download(url, { cache })).toEqual({ file: place, sha256, cached: true });
  });

  it("twice at once is one download", async () => {
    const both = await Promise.all([get("/w.pth", { fixed: true }), get("/w.pth", { fixed: true })]);
    expect(both.map(({ cached }) => cached).sort()).toEqual([false, true]);
    expect(asked).toHaveLength(1);
  });

  it("takes over the lock of a process that is gone", async () => {
    const lock = `${cachePlace(cache, `${origin}/w.pth`)}.lock`;
    writeFileSync(lock, "another-machine 1");
    utimesSync(lock, 1, 1);
    expect((await get()).cached).toBe(false);
    expect(existsSync(lock)).toBe(false);
  });

  it("ends when it is told to", async () => {
    const controller = new AbortController();
    answer = (_, response) => {
      response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, 1000));
    };
    const stopped = get("/w.pth", { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(stopped).rejects.toThrow(/the download was stopped/);
    expect(files().sort()).toEqual(["w.pth.part", "w.pth.part.json"]);
    expect(asked).toHaveLength(1);
  });
});

describe("the cache", () => {
  it("is where SEGKIT_CACHE says, or in the user's cache folder", () => {
    expect(cacheFolder({ SEGKIT_CACHE: "/data/cache" })).toBe(join("/data/cache", "weights"));
    expect(cacheFolder({}).endsWith(join("segkit", "weights"))).toBe(true);
  });

  it("gives equal names at different addresses different places", () => {
    const [a, b] = ["https://a.org/model.safetensors", "https://b.org/model.safetensors"].map((url) =>
      cachePlace("c", url),
    );
    expect(a).toMatch(/-model\.safetensors$/);
    expect(a).not.toBe(b);
  });
});
