// A headless Chromium, $CHROMIUM or /usr/bin/chromium, that is watched; packages are taken from target/judges/npm.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

export const require = createRequire(resolve("target/judges/npm") + "/");
export const shots = resolve("target/judges/shots");

/** Opens the browser for what is done with it, and says which it was. */
export async function withChromium(work) {
  const browser = await require("playwright-core").chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    headless: true,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
  try {
    return await work(browser, `Chromium ${browser.version()}`);
  } finally {
    await browser.close();
  }
}

/** A new page that adds to `problems` what a page must not do: complain, fail, ask, or request anything but what is its own. */
export async function watched(browser, problems, options = {}, own = /^(file|data):/) {
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
    if (!own.test(request.url())) problems.push(`request: ${request.url()}`);
  });
  return page;
}

/** What the Rust test wrote. */
export function pictures(folder) {
  return JSON.parse(readFileSync(`${folder}/index.json`, "utf8"));
}

const LETTERS_MAX = 60;
const PROBLEMS_SHOWN = 12;

/** Whether a line shows a name: all of its letters, or as many as there is room for. Space is as wide as it is. */
export function shows(line, name) {
  const letters = [...name];
  const cut = letters.length > LETTERS_MAX ? [...letters.slice(0, LETTERS_MAX), "…"] : letters;
  const shown = cut.map((letter) => (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(letter) ? "\ufffd" : letter));
  return spaced(line) === spaced(shown.join(""));
}

export function spaced(text) {
  return text.replace(/[\s\u00a0]+/g, " ").trim();
}

/** Prints the first of what is wrong and how many there are; the exit code tells too. */
export function verdict(did, problems) {
  problems.slice(0, PROBLEMS_SHOWN).forEach((problem) => console.log(`  ${problem}`));
  console.log(`${did}, ${problems.length ? `${problems.length} wrong` : "nothing wrong"}`);
  process.exitCode = problems.length ? 1 : 0;
}
