/** @file Keys that stand twice in a JSON object, which JSON.parse passes over in silence. */

/** A text, or one of the characters that give JSON its structure. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g;

/**
 * The first key that the outermost object of a valid JSON text names twice; undefined when there is none.
 *
 * @example
 * duplicateKey('{"a": 1, "b": {"a": 2}, "a": 3}'); // "a"
 */
export function duplicateKey(json: string): string | undefined {
  const keys = new Set<string>();
  let depth = 0;
  let previous = "";
  for (const [token] of json.matchAll(tokens)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (token === ":" && depth === 1) {
      // Parsed, because one name can be spelt in many ways (backslash escapes).
      const key = JSON.parse(previous) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    previous = token;
  }
  return undefined;
}
