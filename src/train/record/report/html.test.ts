/** @file Markup that escapes what is put in. */
import { describe, expect, it } from "vitest";
import { html, trusted } from "./html.js";

describe("html", () => {
  it("escapes texts, in content and in attributes alike", () => {
    expect(html`<a title="${`"'`}">${"<b>&"}</a>`.text).toBe('<a title="&quot;&#39;">&lt;b&gt;&amp;</a>');
  });

  it("inserts markup as it is, lists one after the other, and undefined as nothing", () => {
    expect(html`${[1, html`<i>${"<"}</i>`, [undefined, "x"]]}${trusted("<style>")}`.text).toBe("1<i>&lt;</i>x<style>");
  });
});
