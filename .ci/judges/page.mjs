// Opens the live page of a server that it starts, uses it as people do, and takes pictures of it.
//   node .ci/judges/page.mjs target/debug/mediafold
// Fails on any error in the page, on any request to elsewhere, and where what is posted is not shown.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shots, watched, withChromium } from "./chromium.mjs";

const TOKEN = "may look";
const HOSTILE = [
  `<img src=x onerror="alert('id')">`, `"'><script>alert(1)</script>`, "a/b?c#d%2Fe&f+g h", "evil\u202egnp.exe", "line\nend\u0000",
  `${"x".repeat(500)}${"<b>".repeat(166)}`, "javascript:alert(1)", "${alert(1)}{{1}}", "\ud83d\ude00", "__proto__",
];
const binary = process.argv[2];
if (!binary) {
  console.error("usage: node page.mjs MEDIAFOLD");
  process.exit(2);
}
mkdirSync(shots, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "mediafold-page-"));
const port = await freePort();
const base = `http://127.0.0.1:${port}/`;
writeFileSync(join(folder, "mediafold.toml"), `listen = "127.0.0.1:${port}"\ntoken = "${TOKEN}"\nlog = "warn"
[sources.fastpix]\nprovider = "fastpix"\nscheme = "bearer"\nsecrets = [{ value = "open" }]
[sources.vms]\nprovider = "vms"\ninsecure = true\n`);

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

let server = null;
async function start() {
  server = spawn(binary, ["serve", "--config", join(folder, "mediafold.toml")], { stdio: ["ignore", "ignore", "inherit"] });
  for (let tries = 0; tries < 200; tries += 1) {
    if (await fetch(`${base}healthz`).then((answer) => answer.ok, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the server does not start");
}

function end(signal) {
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill(signal);
  return ended;
}

async function post(source, body) {
  const headers = { Authorization: "Bearer open", "Content-Type": "application/json" };
  const answer = await fetch(`${base}in/${source}`, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
}

let events = 0;
function media(id, kind) {
  events += 1;
  const createdAt = new Date(Date.now() - 60_000 + events * 10).toISOString();
  return post("fastpix", { type: `video.media.${kind}`, id: `e${events}`, createdAt, object: { type: "media", id }, data: { id } });
}

const problems = [];
/** What the browser itself says of answers that are meant to fail. */
let expected = null;
const noted = {
  push: (problem) => {
    if (!expected?.test(problem)) problems.push(problem);
  },
};
const open = (browser, options = {}) => watched(browser, noted, { viewport: { width: 1280, height: 900 }, colorScheme: "light", ...options }, new RegExp(`^(${base}|blob:${base})`));
const shot = (page, name, fullPage = false) => page.screenshot({ path: `${shots}/page-${name}.png`, fullPage });
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
const live = (page) => page.waitForSelector("#link.live");
const enter = async (page) => {
  await page.goto(`${base}#token=${encodeURIComponent(TOKEN)}`);
  await live(page);
};
const go = async (page, hash, selector) => {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await page.waitForSelector(selector);
};
const heading = (page) => page.locator("main h1").first().textContent();

async function signsIn(browser) {
  const page = await open(browser);
  await page.goto(base);
  assert.equal(await page.evaluate(() => document.activeElement.id), "token");
  await shot(page, "login");
  expected = /status of 401/;
  for (const wrong of ["wrong", "wröng \u{1f511}"]) {
    await page.keyboard.type(wrong);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /not take this token/.test(document.getElementById("why")?.textContent));
    assert.equal(await page.evaluate(() => sessionStorage.length), 0, "a wrong token is kept");
  }
  expected = null;
  await page.keyboard.type(TOKEN);
  await page.keyboard.press("Enter");
  await live(page);
  await page.waitForSelector(".empty:not([hidden])");
  await shot(page, "empty");
  await page.reload();
  await live(page);
  await page.click("#out");
  await page.waitForSelector("#token");
  await page.reload();
  await page.waitForSelector("#token");
  await enter(page);
  assert(!page.url().includes("token") && !(await page.evaluate(() => location.href.includes("token"))), "the token stays in the address");
  return page;
}

async function showsWhatComes(page) {
  await media("m1", "created");
  await page.waitForSelector('article[aria-label="fastpix/media"]', { timeout: 3000 });
  await media("m1", "failed");
  await media("m1", "ready");
  const finding = page.locator(".findings li", { hasText: "video.media.ready is not allowed from failed" });
  await finding.waitFor({ timeout: 3000 });
  await page.waitForFunction(() => document.querySelector(".today li.error strong")?.textContent === "1");
  assert.equal(await page.locator("#news").textContent(), "1 new finding, the latest: error illegal-transition");
  await finding.locator("a.id").click();
  await page.waitForSelector(".timeline tr.illegal");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  assert.equal(await page.title(), "m1 · fastpix/media · mediafold");
  assert.match(await page.locator("tr.illegal").textContent(), /Illegal.*failed.*L101.*not allowed from failed/);
  // The page is open while another comes.
  await media("m1", "created");
  await page.waitForFunction(() => document.querySelectorAll("tr.illegal").length === 2, null, { timeout: 5000 });
  const red = await page.locator("tr.illegal .verdict").first().evaluate((cell) => getComputedStyle(cell).color.match(/\d+/g).map(Number));
  assert(red[0] > 150 && red[1] < 60 && red[2] < 60, `an illegal step is ${red}`);
  await page.waitForFunction(redPixels, null, { timeout: 5000 });
  await shot(page, "illegal", true);
  await page.locator(".timeline a.tag").first().click();
  await page.waitForSelector(".prose p");
  assert.match(await heading(page), /L101 illegal-transition/);
  assert.match(await page.locator(".prose").textContent(), /What\. The event is not allowed in this state/);
  await shot(page, "finding");
}

/** In the page: whether the picture has the red of steps that are not allowed. */
function redPixels() {
  const image = document.querySelector(".picture img");
  if (!image?.complete || !image.naturalWidth) return false;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let red = 0;
  for (let at = 0; at < data.length; at += 4) red += data[at] > 190 && data[at + 1] < 60 && data[at + 2] < 70;
  return red > 100;
}

async function showsHostileNamesAsText(page) {
  await go(page, "#/", ".findings");
  for (const id of HOSTILE) {
    await media(id, "created");
    await media(id, "failed");
    await media(id, "ready");
  }
  await media("<i>".repeat(1400), "created");
  await post("fastpix", { type: `<script>alert("kind")</script>`, id: "hostile", createdAt: new Date().toISOString(), object: { type: "media", id: "m1" }, data: { id: "m1" } });
  await post("fastpix", `<svg onload=alert(1)>`);
  await page.waitForFunction((count) => document.querySelectorAll(".findings li").length >= count, HOSTILE.length + 3);
  const clean = (place) => page.evaluate((where) => {
    const odd = [...document.querySelectorAll("main :is(script, iframe, svg, b > *, i, img:not(.picture img), object, style, [onerror], [onload], [style*=url])")].map((element) => element.outerHTML.slice(0, 100));
    const links = [...document.querySelectorAll("a")].map((link) => link.getAttribute("href")).filter((href) => !href.startsWith("#"));
    return odd.concat(links).map((text) => `${where}: ${text}`);
  }, place);
  assert.deepEqual(await clean("overview"), []);
  assert(await fits(page), "a long name makes the page wider than the window");
  await shot(page, "hostile", true);
  const shown = (id) => id.replace(/[\p{Cc}\p{Cf}]/gu, (letter) => `\\u{${letter.codePointAt(0).toString(16)}}`);
  for (const id of HOSTILE) {
    await go(page, `#/asset/fastpix/media/${encodeURIComponent(id)}`, "tr.illegal");
    await page.waitForFunction((text) => document.querySelector("main h1").textContent === text, shown(id));
    await page.waitForSelector(".picture img:not([hidden])");
    assert.deepEqual(await clean(id), []);
    assert(await fits(page), `${id} makes the page wider than the window`);
    // An address can be sent to a colleague, and what is typed leads there too.
    await page.reload();
    await page.waitForSelector("tr.illegal");
    assert.equal(await heading(page), shown(id));
  }
  for (const address of ["#/asset/fastpix/media/%FF", "#/asset/fastpix/media/..", "#/asset/none/none/x", "#/lifecycle/<img>/x", "#/finding/<img>", "#/nothing/at/all"]) {
    expected = /status of 40[04]/;
    await go(page, address, ".problem, h1");
    await page.waitForFunction(() => /no such|cannot be asked/i.test(document.querySelector("main").textContent));
    assert.deepEqual(await clean(address), []);
  }
  expected = null;
}

/** What is not there is said to be, in place of a view that waits for ever, until it comes. */
async function saysWhatIsNotThere(page) {
  expected = /status of 40[04]/;
  for (const [address, says] of [
    ["#/asset/fastpix/media/later", "There is no such asset"], ["#/asset/none/none/x", "There is no such asset"],
    ["#/lifecycle/none/none", "There is no such lifecycle"], ["#/lifecycle/fastpix/media/none", "There is no such state"],
    ["#/finding/L999", "There is no such finding"],
  ]) {
    await go(page, address, ".absent");
    assert.equal(await heading(page), says);
    assert.equal(await page.title(), `${says} · mediafold`);
    await page.waitForTimeout(700);
    assert.doesNotMatch(await page.locator("main").textContent(), /Drawing|Searching/);
    await shot(page, `absent-${address.replace(/\W+/g, "-")}`);
  }
  await go(page, "#/asset/fastpix/media/later", ".absent");
  await media("later", "created");
  await page.waitForSelector(".timeline tbody tr", { timeout: 5000 });
  assert.equal(await page.title(), "later · fastpix/media · mediafold");
  await page.waitForSelector(".picture img:not([hidden])");
  expected = null;
}

/** A server without a token says that nothing can be asked, and how to change that. */
async function saysThatNothingCanBeAsked(browser) {
  const config = join(folder, "mediafold.toml");
  const text = readFileSync(config, "utf8");
  const page = await open(browser);
  writeFileSync(config, text.replace(/token = .*\n/, ""));
  server.kill("SIGHUP");
  await page.waitForTimeout(500);
  await page.goto(base);
  await page.waitForFunction(() => /Nothing can be asked/.test(document.querySelector("h1")?.textContent));
  assert.equal(await page.locator("#token").count(), 0, "a token is asked for");
  await shot(page, "no-token");
  writeFileSync(config, text);
  server.kill("SIGHUP");
  await page.waitForTimeout(500);
  await page.click("button:visible");
  await page.waitForSelector("#token");
  await enter(page);
  await page.context().close();
}

async function isUsedByKeys(page) {
  await go(page, "#/", ".findings li");
  const all = await page.evaluate(() => [...document.querySelectorAll("a, button, input, [tabindex='0']")].filter((element) => element.checkVisibility() && !element.closest("#news")).length);
  await page.evaluate(() => { document.activeElement.blur(); window.reached = new Set(); scrollTo(0, 0); });
  for (let pressed = 0; pressed < all + 40; pressed += 1) {
    await page.keyboard.press("Tab");
    const outline = await page.evaluate(() => {
      const at = document.activeElement;
      if (at === document.body) return "none needed";
      window.reached.add(at);
      return getComputedStyle(at).outlineStyle;
    });
    assert.notEqual(outline, "none", "what has the focus does not show it");
  }
  assert.equal(await page.evaluate(() => window.reached.size), all, "not everything is reached by Tab");
  await page.locator("#skip").focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main", "the skip link does not skip");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "find");
  await page.keyboard.type("m");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /1 asset\./.test(document.querySelector("main").textContent) || document.title.startsWith("m1"));
  await page.keyboard.press("/");
  await page.keyboard.type("nothing like it");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /There is none/.test(document.querySelector("main").textContent));
  await page.keyboard.press("/");
  await page.keyboard.type("m1");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.title.startsWith("m1"));
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => location.hash === "#/");
  await page.locator('.states a[href="#/lifecycle/fastpix/media/failed"]').focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction((count) => document.querySelectorAll("#h-assets ~ .scroll tbody tr").length === count, HOSTILE.length + 1);
  await page.waitForSelector(".picture img:not([hidden])");
  await shot(page, "lifecycle", true);
}

async function survivesARestart(page) {
  await go(page, "#/", ".findings li");
  const focused = page.locator(".findings a.id").first();
  await focused.focus();
  const held = await focused.getAttribute("href");
  expected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_SOCKET_NOT_CONNECTED|ERR_EMPTY_RESPONSE/;
  await end("SIGKILL");
  await page.waitForSelector("#link.lost");
  assert.equal(await page.locator("#link").textContent(), "not connected, trying again");
  await shot(page, "lost");
  await start();
  await live(page);
  expected = null;
  await media("after", "failed");
  await media("after", "ready");
  await page.locator(".findings a.id", { hasText: "after" }).first().waitFor({ timeout: 3000 });
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), held, "what had the focus has lost it");
}

async function looksRight(browser) {
  const luminance = (page) => page.evaluate(() => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
  });
  const views = [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 400, height: 800 } }], ["still", { reducedMotion: "reduce" }]];
  for (const [name, options] of views) {
    const page = await open(browser, options);
    await enter(page);
    await page.waitForSelector(".findings li");
    assert(await fits(page), `${name}: the page is wider than the window`);
    assert.equal(await luminance(page) < 0.2, name === "dark");
    assert.equal(await page.locator("main, header, footer, nav, form[role=search]").count() >= 5, true);
    await shot(page, name);
    await go(page, "#/asset/fastpix/media/m1", "tr.illegal");
    await page.waitForSelector(".picture img:not([hidden])");
    assert(await fits(page), `${name}: an asset is wider than the window`);
    await shot(page, `${name}-asset`, true);
    await page.context().close();
  }
}

/** A demo by itself: its address signs in, and something goes wrong and becomes overdue while one looks. */
async function demonstrates(browser) {
  const demo = spawn(binary, ["serve", "--demo"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => demo.once("exit", resolve));
  try {
    let told = "";
    const address = await new Promise((resolve) => demo.stdout.on("data", (text) => {
      told += text;
      const found = /http:\S+#token=\S+/.exec(told);
      if (found) resolve(found[0]);
    }));
    const page = await watched(browser, noted, { viewport: { width: 1280, height: 900 }, colorScheme: "light" }, new RegExp(`^(blob:)?${address.split("#")[0]}`));
    await page.goto(address);
    await live(page);
    await page.waitForFunction(() => document.querySelectorAll(".lifecycles article").length >= 7 && document.querySelectorAll(".findings li").length >= 20, null, { timeout: 60_000 });
    await page.waitForSelector('[aria-label="Overdue assets"] td.asset', { timeout: 60_000 });
    assert(await fits(page));
    await shot(page, "demo", true);
  } finally {
    demo.kill("SIGINT");
  }
  assert.equal(await ended, 0, "the demo does not end in order");
}

try {
  await start();
  await withChromium(async (browser, name) => {
    const page = await signsIn(browser);
    await showsWhatComes(page);
    await showsHostileNamesAsText(page);
    await saysWhatIsNotThere(page);
    await saysThatNothingCanBeAsked(browser);
    await isUsedByKeys(page);
    await survivesARestart(page);
    await looksRight(browser);
    await demonstrates(browser);
    assert.deepEqual(problems, []);
    console.log(`live page in ${name}: nothing wrong; pictures in target/judges/shots`);
  });
} finally {
  await end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}
