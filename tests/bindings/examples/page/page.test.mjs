// The page in a headless Chromium, $CHROMIUM; a picture of it is left beside the packages.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { modulePath, sample, vectorFiles, vectorsOf } from "../../npm/shared.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

test("a dropped file is folded and drawn", { timeout: 60_000 }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "mediafold-"));
  context.after(() => rmSync(folder, { recursive: true }));
  await build({
    entryPoints: [join(here, "page.ts")],
    outfile: join(folder, "page.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    logLevel: "error",
  });
  copyFileSync(join(here, "index.html"), join(folder, "index.html"));
  for (const name of ["draw", "mediafold"]) copyFileSync(modulePath(name), join(folder, `${name}.wasm`));
  copyFileSync(join(here, "../../npm/anywhere.mjs"), join(folder, "anywhere.js"));
  const server = createServer((request, response) => {
    const name = request.url === "/" ? "index.html" : request.url.slice(1);
    const type = TYPES[extname(name)];
    if (type === undefined) return response.writeHead(404).end();
    return response.writeHead(200, { "content-type": type }).end(readFileSync(join(folder, name)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());

  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
  context.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1000, height: 1100 } });
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && !message.text().includes("404") && problems.push(message.text()));
  await page.goto(`http://127.0.0.1:${server.address().port}/`, { waitUntil: "load" });
  await page.waitForLoadState("networkidle");
  const hostile = `${sample("mux.jsonl").toString().trimEnd()}\n${sample("mux.jsonl").toString().split("\n")[0].replaceAll(/"id":"\w{12}"/g, '"id":"<img src=x onerror=alert(1)>"')}\n`;
  await page.setInputFiles("input", { name: "mux.jsonl", mimeType: "application/jsonl", buffer: Buffer.from(hostile) });
  await page.waitForSelector("#drawn svg");
  const states = await page.$$eval("tbody tr", (lines) => lines.map((line) => line.cells[2].textContent));
  assert.ok(states.includes("deleted") && states.includes("idle"), `${states}`);
  assert.equal(await page.$("tbody img"), null);
  await page.getByText("Ls05dawn3hJ7").click();
  assert.match(await page.innerHTML("#drawn"), /disconnected/);
  await page.screenshot({ path: resolve("page.png") });
  const files = vectorFiles().map((file) => [file, vectorsOf(file)]);
  const count = await page.evaluate(async (files) => {
    const { held } = await import("/anywhere.js");
    const module = await WebAssembly.compile(await (await fetch("/mediafold.wasm")).arrayBuffer());
    return files.reduce((sum, [, vectors]) => sum + held(module, vectors), 0);
  }, files);
  assert.equal(count, files.reduce((sum, [, vectors]) => sum + vectors.length, 0));
  console.log(`${count} vectors in Chromium`);
  assert.deepEqual(problems, []);
});
