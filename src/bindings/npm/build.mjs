// Puts the package together: node build.mjs FOLDER PLAIN.wasm DRAW.wasm VERSION
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { optional } from "../command/npm.mjs";

const [folder, plain, draw, version] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const dist = join(folder, "dist");
mkdirSync(dist, { recursive: true });

const core = readFileSync(join(here, "lib/core.js"), "utf8");
const names = [...core.matchAll(/^    (\w+)(?:: (?:bound|class)|,$)/gm)].map(([, name]) => name);
const exported = `export const { ${names.join(", ")} } = made;\n`;

writeFileSync(join(dist, "core.js"), core);
writeFileSync(join(dist, "core.cjs"), core.replace("export { over };", "module.exports = { over };"));

/** How each runtime comes by the module of this name. */
const entries = (name, wasm) => ({
  // As text within the code: bundlers for servers take code along and leave files behind.
  "node.cjs": `const { brotliDecompressSync } = require("node:zlib");
const { over } = require("./core.cjs");
const bytes = brotliDecompressSync(Buffer.from(require("./${name}.module.cjs"), "base64"));
module.exports = over(new WebAssembly.Module(bytes));
`,
  "module.cjs": `module.exports = "${brotliCompressSync(wasm).toString("base64")}";\n`,
  // One module for both ways of importing, so that an error is an instance of one class.
  "node.js": `import made from "./${name}.node.cjs";\n${exported}`,
  "browser.js": `import { over } from "./core.js";
const response = await fetch(new URL("./${name}.wasm", import.meta.url));
if (!response.ok) throw new Error(\`\${response.url}: \${response.status}\`);
const made = over(await WebAssembly.compile(await response.arrayBuffer()));
${exported}`,
  "workerd.js": `import module from "./${name}.wasm";
import { over } from "./core.js";
const made = over(module);
${exported}`,
  "edge.js": `import module from "./${name}.wasm?module";
import { over } from "./core.js";
const made = over(module);
${exported}`,
});

for (const [name, wasm] of [["mediafold", plain], ["draw", draw]]) {
  copyFileSync(wasm, join(dist, `${name}.wasm`));
  for (const [file, text] of Object.entries(entries(name, readFileSync(wasm)))) writeFileSync(join(dist, `${name}.${file}`), text);
}
for (const file of ["index.d.ts", "lifecycles.d.ts"]) copyFileSync(join(here, "lib", file), join(dist, file));
// The same for who requires: its relative import stays within CommonJS.
for (const file of ["index", "lifecycles"]) {
  const text = readFileSync(join(here, "lib", `${file}.d.ts`), "utf8");
  writeFileSync(join(dist, `${file}.d.cts`), text.replace('"./lifecycles.js"', '"./lifecycles.cjs"'));
}
// The command comes with it: `npx mediafold` finds the program of the package for its platform.
mkdirSync(join(folder, "bin"));
copyFileSync(join(here, "../command/launch.cjs"), join(folder, "bin/mediafold.cjs"));
chmodSync(join(folder, "bin/mediafold.cjs"), 0o755);
const manifest = {
  ...JSON.parse(readFileSync(join(here, "package.json"), "utf8")),
  version,
  optionalDependencies: optional(version),
};
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync(join(here, "README.md"), join(folder, "README.md"));
for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) copyFileSync(join(here, "../../..", licence), join(folder, licence));
