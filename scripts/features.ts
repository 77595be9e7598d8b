/** @file `npm run features`: writes FEATURES.md. */
import { join } from "node:path";
import { writeFileAtomic } from "../src/util/files.js";
import { root } from "./features/source.js";
import { featuresText } from "./features/text.js";

writeFileAtomic(join(root, "FEATURES.md"), featuresText());
