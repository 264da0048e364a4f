// Opens a page of `mediafold report` from disk, as a reader would, and takes pictures of it.
//   node .ci/judges/browser.mjs target/judges/report.html
// Fails on any error in the page, on any request that is not the page itself, and where it cannot be used.
// Needs playwright-core 1.65.1 and a Chromium: $CHROMIUM or /usr/bin/chromium.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const file = process.argv[2];
if (!file) {
  console.error("usage: node browser.mjs REPORT.html");
  process.exit(2);
}
const address = pathToFileURL(resolve(file)).href;
const shots = resolve("target/judges/shots");
mkdirSync(shots, { recursive: true });
const OPEN_MAX_MS = 10_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  headless: true,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run"],
});
const problems = [];

async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) problems.push(`request: ${request.url()}`);
  });
  const begun = Date.now();
  await page.goto(address, { waitUntil: "load" });
  const took = Date.now() - begun;
  assert(took < OPEN_MAX_MS, `it took ${took} ms to open`);
  return { page, took };
}

const shot = (page, name, fullPage = false) => page.screenshot({ path: `${shots}/${name}.png`, fullPage });
const wide = { viewport: { width: 1280, height: 900 } };
const luminance = (page) => page.evaluate(() => {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
});
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

try {
  const { page, took } = await open({ ...wide, colorScheme: "light" });
  console.log(`opened in ${took} ms`);
  assert.equal(await page.locator("h1").count(), 1);
  assert(await fits(page), "the page is wider than the window");
  assert(await luminance(page) > 0.8, "light is dark");
  await shot(page, "light");
  await shot(page, "light-full", true);

  // A link on a finding leads to it, and what it means is open.
  const code = page.locator("#findings table a").first();
  if (await code.count()) {
    const name = await code.textContent();
    await code.click();
    await page.waitForFunction((id) => document.getElementById(`${id}-means`).open, name);
    assert(await page.locator(`#${name}`).isVisible());
    await shot(page, "finding");
  }

  // A link from an example leads to the asset's timeline.
  const example = page.locator('.examples a[href^="#asset-"]').first();
  if (await example.count()) {
    const target = (await example.getAttribute("href")).slice(1);
    await example.click();
    await page.waitForFunction((id) => document.getElementById(id).open, target);
    assert(await page.locator(`#${target} table.timeline`).isVisible());
    await shot(page, "timeline");
  }

  // The search is reached by a key, narrows as one types, and leads on by keys.
  const timelines = page.locator("#timelines > details");
  const all = await timelines.count();
  if (all) {
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "find");
    const id = await timelines.last().locator("code.id").textContent();
    const found = () => page.locator("#found").textContent();
    const before = await found();
    await page.keyboard.type(id);
    await page.waitForFunction(([all, text]) => all < 3 || document.getElementById("found").textContent !== text, [all, before]);
    assert.match(await found(), /^[\d,]+ of [\d,]+ timelines/);
    assert(await timelines.last().isVisible(), "what is typed is found");
    await page.keyboard.press("Enter");
    assert(await page.locator("#timelines > details:not([hidden])").first().evaluate((element) => element.open), "Enter opens what was found");
    await shot(page, "search");
    await page.keyboard.press("/");
    await page.locator("#find").fill("no such asset anywhere");
    await page.waitForFunction(() => /^0 of/.test(document.getElementById("found").textContent));
    await page.locator("#find").press("Escape");
    await page.waitForFunction(() => !document.querySelector("#timelines > details[hidden]"));
  }
  const index = page.locator("#index");
  if (await index.count()) {
    const other = await index.evaluate((element) => JSON.parse(element.textContent)[0].ids[0]);
    await page.locator("#find").fill(other);
    await page.waitForSelector("#others > li");
    assert((await page.locator("#others > li").first().textContent()).includes(other));
    await shot(page, "others");
  }

  const dark = (await open({ ...wide, colorScheme: "dark" })).page;
  assert(await luminance(dark) < 0.2, "dark is light");
  await shot(dark, "dark");
  await shot(dark, "dark-full", true);

  const narrow = (await open({ viewport: { width: 400, height: 800 }, colorScheme: "light" })).page;
  assert(await fits(narrow), "the page is wider than a telephone");
  await shot(narrow, "narrow");
  await shot(narrow, "narrow-full", true);

  // Without script everything but the search is there.
  const plain = (await open({ ...wide, javaScriptEnabled: false })).page;
  const first = plain.locator("#timelines > details").first();
  if (await first.count()) {
    await first.locator("summary").click();
    assert(await first.locator("table.timeline").isVisible());
  }
  assert(!(await plain.locator("#find").isVisible()));

  const paper = (await open({ ...wide })).page;
  await paper.emulateMedia({ media: "print" });
  assert(!(await paper.locator("nav").isVisible()), "the navigation is printed");
  await shot(paper, "print");

  assert.deepEqual(problems, []);
  console.log(`nothing wrong; pictures in ${shots}`);
} finally {
  await browser.close();
}
