/** @file A template tag for HTML that escapes every inserted value, so that a class named `<b>` stays a name. */

/** Markup that is safe to insert; only `html` and `trusted` make it. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Insert = string | number | Html | undefined | readonly Insert[];

const entities: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function insert(value: Insert): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(insert).join("");
  return String(value).replace(/[&<>"']/g, (character) => entities[character]!);
}

/**
 * Markup with values put in: texts and numbers escaped, markup as it is, lists one after the other, undefined as nothing.
 *
 * @example
 * html`<td>${"a < b"}</td>`.text; // "<td>a &lt; b</td>"
 */
export function html(parts: TemplateStringsArray, ...values: readonly Insert[]): Html {
  return new Html(parts.map((part, index) => part + insert(values[index])).join(""));
}

/** Text of our own that must not be escaped, such as a style sheet. */
export const trusted = (text: string): Html => new Html(text);
