/** @file `npm run docs`: writes FEATURES.md and the pages of docs/reference that are made from the program. */
import { join } from "node:path";
import { writeFileAtomic } from "../src/util/files.js";
import { root } from "./features/source.js";
import { featuresText } from "./features/text.js";
import { pages } from "./reference/pages.js";

writeFileAtomic(join(root, "FEATURES.md"), featuresText());
for (const [file, text] of Object.entries(pages)) writeFileAtomic(join(root, file), await text());
