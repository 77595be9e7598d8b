/** @file Every architecture learns four images by heart: every second one, from the first on; two workers share them so. */
import { architectures } from "../../src/models/registry.js";
import { learningSuite } from "./learning-suite.js";

learningSuite(architectures.filter((_, i) => i % 2 === 0).map(({ name }) => name));
