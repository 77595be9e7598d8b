/** @file The text of docs/reference/library.md: every entry of the package with the names it exports. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { table } from "../features/markdown.js";
import { declarations, fileComment, filesBelow, read, root } from "../features/source.js";

const { exports } = JSON.parse(read("package.json")) as { exports: { [entry: string]: string | { default: string } } };

/** Comments of everything that is declared below a folder, by name. */
function commentsBelow(folder: string): Map<string, string> {
  const files = filesBelow(folder).filter((path) => !path.endsWith(".test.ts"));
  return new Map(files.flatMap((path) => declarations(path).map(({ name, comment }) => [name, comment] as const)));
}

const everything = commentsBelow("src");

export async function libraryText(): Promise<string> {
  const sections: string[] = [];
  for (const [entry, target] of Object.entries(exports)) {
    if (typeof target === "string") continue;
    const source = target.default.replace("./dist/", "src/").replace(/\.js$/, ".ts");
    const names = Object.keys((await import(pathToFileURL(join(root, source)).href)) as object).sort();
    const folder = entry === "." ? "src/verbs" : source.slice(0, source.lastIndexOf("/"));
    const own = commentsBelow(folder);
    const rows = names.map((name) => [`\`${name}\``, own.get(name) || everything.get(name) || ""]);
    sections.push(
      `## \`segkit${entry.slice(1)}\`\n\n${fileComment(source)}\n\n${table(["name", "what it is"], rows)}\n`,
    );
  }
  return `# The library

Every entry of the package, with the functions, classes and constants it exports; types stand beside them. The verbs that report
progress are async generators: \`for await\` over what they yield. This page is made by \`npm run docs\` from the sources.

${sections.join("\n")}`;
}
