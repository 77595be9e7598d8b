/** @file One request for a file over HTTP: redirects, the server's checksum, silence and refusal as errors in words. */
import { FileError } from "../errors/index.js";

/** A server that says it has no such file. */
export class NotFoundError extends FileError {}

/** A connection that broke or a server in trouble: the same request may work in a moment. */
export class ConnectionError extends FileError {}

export interface Answer {
  readonly response: Response;
  /** SHA-256 of the whole file where a server on the way tells it, as Hugging Face does for large files. */
  readonly sha256: string | undefined;
}

const mostRedirects = 10;
/** Milliseconds without a byte after which a connection is given up. */
const longestSilence = 60_000;

const elsewhere = "Or download it with a browser and give the file: --weights FILE.";

/** Why no connection was made, by the code of the error. */
const causes: { readonly [code: string]: string } = {
  ENOTFOUND: "the name of the server is not known (no connection to the internet?)",
  EAI_AGAIN: "the name of the server cannot be looked up (no connection to the internet?)",
  ECONNREFUSED: "the server does not answer",
  ECONNRESET: "the server broke the connection",
  ETIMEDOUT: "the server does not answer in time",
  UND_ERR_SOCKET: "the connection broke",
};

/** An error of fetch or of the stream behind it, in words. */
export function connectionError(url: string, error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error;
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return new ConnectionError(
    {
      file: url,
      found: causes[cause?.code ?? ""] ?? `the connection failed (${cause?.message || (error as Error).message})`,
      expected: "a file that can be downloaded",
      next: `Run the same command again when there is a connection: it goes on where it stopped. ${elsewhere}`,
    },
    { cause: error },
  );
}

/** The refusal of a server, in words. */
function refusal(url: string, status: number): FileError {
  const text = { file: url, expected: "a file that can be downloaded" };
  if (status === 404 || status === 410)
    return new NotFoundError({
      ...text,
      found: `the server has no such file (${status})`,
      next: "Check the address.",
    });
  if (status === 401 || status === 403)
    return new FileError({
      ...text,
      found: `the server refuses the file (${status}): it may not exist, or ask for an account`,
      next: elsewhere,
    });
  const next = `Try again later. ${elsewhere}`;
  if (status >= 500 || status === 429)
    return new ConnectionError({ ...text, found: `the server is in trouble (${status})`, next });
  return new FileError({ ...text, found: `the server answers ${status}`, next });
}

/** Statuses that `ask` gives back; any other is an error. */
const expected = [200, 206, 304, 416];

/**
 * Asks for a file, following redirects.
 *
 * @throws NotFoundError, ConnectionError, FileError.
 */
export async function ask(
  url: string,
  headers: { readonly [name: string]: string },
  signal: AbortSignal,
): Promise<Answer> {
  let [at, sha256] = [url, undefined as string | undefined];
  for (let i = 0; i <= mostRedirects; i++) {
    // Without this header the bytes may come compressed, and lengths and ranges would be those of the compressed ones.
    const options = { headers: { "accept-encoding": "identity", ...headers }, redirect: "manual", signal } as const;
    const response = await fetch(at, options).catch((error: unknown) => {
      signal.throwIfAborted();
      throw connectionError(url, error);
    });
    sha256 ??= /^"?([0-9a-f]{64})"?$/.exec(response.headers.get("x-linked-etag") ?? "")?.[1];
    const target = response.headers.get("location");
    if (response.status < 300 || response.status > 308 || response.status === 304 || target === null) {
      if (!expected.includes(response.status)) throw refusal(url, response.status);
      return { response, sha256 };
    }
    await response.body?.cancel();
    const next = new URL(target, at);
    if (!["https:", at.startsWith("http:") ? "http:" : ""].includes(next.protocol))
      throw new FileError({
        file: url,
        found: `the server sends to ${next.protocol}//${next.host}`,
        expected: "an address that begins with https:",
        next: elsewhere,
      });
    at = next.href;
  }
  throw new FileError({ file: url, found: "redirects without end", expected: "a file", next: "Check the address." });
}

/** The bytes of an answer as they come. @throws ConnectionError when the connection breaks or falls silent. */
export async function* bytesOf(url: string, { body }: Response): AsyncGenerator<Uint8Array, void, void> {
  if (!body) return;
  const reader = body.getReader();
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error("no byte for a minute")), longestSilence);
      });
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw connectionError(url, error);
  } finally {
    await reader.cancel().catch(() => {});
  }
}
