// Opens a page of `mediafold report` from disk, as a reader would, and takes pictures of it.
//   node .ci/judges/browser.mjs target/judges/report.html
// Fails on any error in the page, on any request that is not the page itself, and where it cannot be used.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { shots, watched, withChromium } from "./chromium.mjs";

const file = process.argv[2];
if (!file) {
  console.error("usage: node browser.mjs REPORT.html");
  process.exit(2);
}
const address = pathToFileURL(resolve(file)).href;
mkdirSync(shots, { recursive: true });
const OPEN_MAX_MS = 10_000;

const problems = [];

async function open(browser, options) {
  const page = await watched(browser, problems, options);
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

await withChromium(async (browser, name) => {
  const { page, took } = await open(browser, { ...wide, colorScheme: "light" });
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

  const dark = (await open(browser, { ...wide, colorScheme: "dark" })).page;
  assert(await luminance(dark) < 0.2, "dark is light");
  await shot(dark, "dark");
  await shot(dark, "dark-full", true);

  const narrow = (await open(browser, { viewport: { width: 400, height: 800 }, colorScheme: "light" })).page;
  assert(await fits(narrow), "the page is wider than a telephone");
  await shot(narrow, "narrow");
  await shot(narrow, "narrow-full", true);

  // Without script everything but the search is there.
  const plain = (await open(browser, { ...wide, javaScriptEnabled: false })).page;
  const first = plain.locator("#timelines > details").first();
  if (await first.count()) {
    await first.locator("summary").click();
    assert(await first.locator("table.timeline").isVisible());
  }
  assert(!(await plain.locator("#find").isVisible()));

  const paper = (await open(browser, { ...wide })).page;
  await paper.emulateMedia({ media: "print" });
  assert(!(await paper.locator("nav").isVisible()), "the navigation is printed");
  await shot(paper, "print");

  assert.deepEqual(problems, []);
  console.log(`report in ${name}: nothing wrong; pictures in target/judges/shots`);
});
