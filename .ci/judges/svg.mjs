// A browser opens every picture that mediafold drew, from disk, in light and dark.
// usage: node .ci/judges/svg.mjs DIR; DIR/index.json lists the pictures. Some are kept in target/judges/shots.
// Texts are to be where they belong, legible, apart and selectable; and nothing is to run or to be fetched.

import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { pictures, shots, shows, spaced, verdict, watched, withChromium } from "./chromium.mjs";

const KEPT = /^(fastpix_media|fastpix_live_stream|twilio_player_streamer|vms_content|hostile)\./;
/** A shot of a larger picture would take long. */
const SIDE_MAX = 4000;

const problems = [];
const count = { pictures: 0, states: 0, texts: 0, shots: 0 };
mkdirSync(shots, { recursive: true });

await withChromium(async (browser, name) => {
  const work = pictures(process.argv[2]);
  await Promise.all([1, 2].map(async () => {
    const found = [];
    const page = await watched(browser, found);
    for (let next = work.shift(); next; next = work.shift()) {
      await judge(page, next, found);
      found.splice(0).forEach((problem) => problems.push(`${next.files.svg}: ${problem}`));
    }
  }));
  const had = `${count.pictures} pictures, light and dark, ${count.states} states, ${count.texts} texts, ${count.shots} shots`;
  verdict(`${name}: ${had}`, problems);
});

async function judge(page, picture, found) {
  count.pictures += 1;
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.goto(pathToFileURL(resolve(picture.files.svg)).href, { waitUntil: "load" });
    const seen = await page.evaluate(look, colorScheme === "dark");
    seen.problems.forEach((problem) => found.push(`${colorScheme}: ${problem}`));
    if (colorScheme === "light") texts(picture, seen, found);
    if (KEPT.test(picture.name)) await shoot(page, `${picture.name}.${colorScheme}`, seen);
  }
  await select(page, found);
}

function texts(picture, seen, found) {
  count.states += picture.states.length;
  count.texts += seen.texts;
  if (!shows(seen.title, picture.title)) found.push(`the title is ${JSON.stringify(seen.title)}`);
  if (seen.edges !== picture.edges) found.push(`${seen.edges} edges of ${picture.edges}`);
  if (seen.names.length !== picture.states.length) found.push(`${seen.names.length} states of ${picture.states.length}`);
  for (const [at, name] of picture.states.entries()) {
    if (!shows(seen.names[at] ?? "", name)) found.push(`state ${JSON.stringify(name)} is shown as ${JSON.stringify(seen.names[at])}`);
  }
}

async function shoot(page, name, { width, height }) {
  await page.setViewportSize({ width: Math.min(Math.ceil(width), SIDE_MAX), height: Math.min(Math.ceil(height), SIDE_MAX) });
  await page.screenshot({ path: `${shots}/${name}.png` });
  count.shots += 1;
}

/** Three clicks of a mouse select a name, as a reader would to copy it. */
async function select(page, found) {
  const names = page.locator("text.name");
  const name = names.nth((await names.count()) - 1);
  await name.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await name.boundingBox();
  await page.mouse.click(x + width / 2, y + height / 2, { clickCount: 3 });
  const [own, selected] = [await name.textContent(), await page.evaluate(() => getSelection().toString())];
  if (!spaced(selected).includes(spaced(own))) found.push(`a click on ${JSON.stringify(own)} selects ${JSON.stringify(selected)}`);
}

/** In the page: what there is, and what is wrong with it. */
function look(dark) {
  const problems = [];
  const root = document.documentElement;
  if (root.localName !== "svg" || document.querySelector("parsererror")) return { problems: ["it is no SVG"], names: [] };
  const all = (selector) => [...root.querySelectorAll(selector)];
  const made = ["title", "style", "rect", "text", "g", "path", "circle"];
  for (const element of all("*")) {
    const bad = [...element.attributes].some(({ name }) => /^on|href|^src/.test(name));
    if (!made.includes(element.localName) || bad) problems.push(`there is ${element.outerHTML.slice(0, 200)}`);
  }

  /** The box of a shape in the picture; groups only move it. */
  const placed = (element) => {
    const { x, y, width, height } = element.getBBox();
    const { e, f } = element.getCTM();
    const { e: left, f: top } = root.getCTM() ?? { e: 0, f: 0 };
    return { left: x + e - left, top: y + f - top, right: x + e - left + width, bottom: y + f - top + height };
  };
  const spaced = (text) => text.replace(/\s+/g, " ").trim();
  const within = (outer, inner, slack) => outer.left <= inner.left + slack && outer.top <= inner.top + slack
    && outer.right >= inner.right - slack && outer.bottom >= inner.bottom - slack;
  const meet = (one, other, slack) => one.left + slack < other.right && other.left + slack < one.right
    && one.top + slack < other.bottom && other.top + slack < one.bottom;
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((own) => own / 255)
      .map((own) => (own <= 0.03928 ? own / 12.92 : ((own + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const fill = (element) => luminance(getComputedStyle(element).fill);
  const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

  const page = root.querySelector(".page");
  const sheet = { left: 0, top: 0, right: root.width.baseVal.value, bottom: root.height.baseVal.value };
  if (fill(page) > 0.5 === dark) problems.push("the page has the colour of the other scheme");
  const found = all("text").map((text) => ({
    text,
    told: JSON.stringify(text.textContent),
    box: text.closest("g.state")?.querySelector("path.box"),
    place: placed(text),
    given: text.textLength.baseVal.value,
  }));
  for (const { text, told, box } of found) {
    if (contrast(fill(text), fill(box ?? page)) < 3) problems.push(`${told} is hard to tell from its ground`);
  }
  // Where things are is the same in the dark.
  for (const [at, { text, told, box, place }] of dark ? [] : found.entries()) {
    if (!within(sheet, place, 0.5)) problems.push(`${told} leaves the page`);
    if (box && !within(placed(box), place, 0.5)) problems.push(`${told} leaves its box`);
    for (const other of found.slice(at + 1)) {
      if (meet(place, other.place, 1)) problems.push(`${told} and ${other.told} overlap`);
    }
    getSelection().selectAllChildren(text);
    if (spaced(getSelection().toString()) !== spaced(text.textContent)) problems.push(`${told} cannot be selected`);
  }
  getSelection().removeAllRanges();
  // Letters are set to the width that was measured for them. Without that they must not need much more.
  for (const { text } of found) text.removeAttribute("textLength");
  for (const { text, told, given } of found) {
    const own = text.getComputedTextLength();
    if (own > given * 1.04 + 1) problems.push(`${told} is ${own.toFixed(1)} wide, and has room for ${given}`);
  }
  for (const { text, given } of found) text.setAttribute("textLength", given);
  return {
    problems,
    names: all("text.name").map((text) => text.textContent),
    title: root.querySelector("text.head").textContent,
    edges: all("g.edge").length,
    texts: found.length,
    width: sheet.right,
    height: sheet.bottom,
  };
}
