/** @file Pictures beside their truth and prediction, inside the page as data URIs. */
import { UsageError } from "../../../errors/index.js";
import type { ReportPicture } from "./data.js";
import { type Html, html } from "./html.js";
import { percentText } from "./number-text.js";

/** The pictures as cards of three. */
export function renderPictures(pictures: readonly ReportPicture[]): Html {
  return html`<div class="pictures">${pictures.map(renderPicture)}</div>`;
}

function renderPicture({ name, iou, image, truth, prediction }: ReportPicture): Html {
  const parts = [
    ["image", image],
    ["truth", truth],
    ["prediction", prediction],
  ] as const;
  return html`<figure class="card"><figcaption><b>${name}</b><span class="score">IoU ${percentText(iou)} %</span></figcaption>
<div class="triple">${parts.map(
    ([what, bytes]) =>
      html`<div><img loading="lazy" alt="${what} of ${name}" src="${dataUri(bytes)}"><small>${what}</small></div>`,
  )}</div></figure>
`;
}

/** First bytes of the formats that browsers show. */
const signatures: readonly (readonly [type: string, bytes: readonly number[], at: number])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47], 0],
  ["image/jpeg", [0xff, 0xd8, 0xff], 0],
  ["image/webp", [0x57, 0x45, 0x42, 0x50], 8],
];

function dataUri(bytes: Uint8Array): string {
  const found = signatures.find(([, signature, at]) => signature.every((byte, index) => bytes[at + index] === byte));
  if (!found)
    throw new UsageError({
      found: `a picture of ${bytes.length} bytes in another format`,
      expected: "PNG, JPEG or WebP",
    });
  return `data:${found[0]};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")}`;
}
