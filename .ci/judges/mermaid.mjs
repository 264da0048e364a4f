// Mermaid reads and draws the diagrams that mediafold wrote for it, as a page that shows Markdown does.
// usage: node .ci/judges/mermaid.mjs DIR; DIR/index.json tells what each diagram has.
// Every text must be seen as it is, whatever it means to HTML, Markdown or Mermaid, and nothing else may be made of it.

import { readFileSync } from "node:fs";
import { pictures, require, shows, verdict, watched, withChromium } from "./chromium.mjs";

const problems = [];
const count = { diagrams: 0, states: 0, edges: 0, texts: 0 };

await withChromium(async (browser, name) => {
  const { version } = require("mermaid/package.json");
  const all = pictures(process.argv[2]);
  // Some hosts ask for labels without HTML; there Mermaid shows references as they are written.
  const builtin = all.filter((picture) => /^(fastpix|twilio|vms)_.*plain/.test(picture.name));
  const work = [...all.map((picture) => [picture, true]), ...builtin.map((picture) => [picture, false])];
  await Promise.all([1, 2].map(async () => {
    const page = await watched(browser, problems);
    await page.setContent("<!doctype html>");
    await page.addScriptTag({ path: require.resolve("mermaid/dist/mermaid.min.js") });
    for (let next = work.shift(); next; next = work.shift()) await judge(page, ...next);
  }));
  const had = `${count.diagrams} diagrams, ${count.states} states, ${count.edges} edges, ${count.texts} texts`;
  verdict(`mermaid ${version} in ${name}: ${had}`, problems);
});

async function judge(page, picture, htmlLabels) {
  const text = readFileSync(picture.files.mermaid, "utf8");
  const wrong = (what) => problems.push(`${picture.files.mermaid}${htmlLabels ? "" : ", labels without HTML"}: ${what}`);
  count.diagrams += 1;
  let drawn;
  try {
    drawn = await page.evaluate(draw, { text, htmlLabels });
  } catch (error) {
    return wrong(String(error.message).split("\n").slice(0, 6).join(" | "));
  }
  if (drawn.type !== "stateDiagram") wrong(`it is read as ${drawn.type}`);
  drawn.foreign.forEach((markup) => wrong(`there is ${markup}`));
  // Mermaid would take these for markup.
  const title = picture.title.replace(/[<>&]/g, (letter) => ({ "<": "‹", ">": "›", "&": "＆" })[letter]);
  if (!shows(drawn.title, title)) wrong(`the title is ${JSON.stringify(drawn.title)}`);

  const states = new Map();
  for (const [id, lines] of drawn.nodes) states.set(id.match(/-s(\d+)-\d+$/)?.[1], lines);
  for (const [at, name] of picture.states.entries()) {
    const lines = states.get(String(at + 1));
    count.states += 1;
    // Without HTML lines are broken at any letter.
    if (!lines) wrong(`there is no state ${JSON.stringify(name)}`);
    else if (!shows(lines[0] ?? "", name) && (htmlLabels || !dense(lines.join("")).startsWith(dense(name)))) wrong(`state ${JSON.stringify(name)} is shown as ${JSON.stringify(lines)}`);
  }
  count.edges += drawn.edges;
  const edges = picture.edges + picture.ends;
  if (drawn.edges !== edges) wrong(`${drawn.edges} edges are drawn of ${edges}`);
  if (!htmlLabels) return;

  const seen = new Map();
  for (const own of drawn.texts.map(dense)) seen.set(own, (seen.get(own) ?? 0) + 1);
  for (const told of texts(text)) {
    const own = dense(told);
    count.texts += 1;
    if (own && !seen.get(own)) wrong(`not seen: ${JSON.stringify(told)}`);
    else seen.set(own, seen.get(own) - 1);
  }
  for (const [own, left] of seen) if (own && left > 0) wrong(`seen, but not told: ${JSON.stringify(own)}`);
}

/** The texts that a diagram tells: of states, edges and notes, all lines of each. */
function texts(diagram) {
  const told = diagram.matchAll(/^ +(?:state "([^"]*)" as s\d+|\S+ --> \S+: (.*)|note .*\n([^]*)\n +end note)$/gm);
  return [...told].map(([, state, edge, note]) => (state ?? edge ?? note).replace(/<br\/>/g, "\n")
    .replace(/#(\d+);/g, (_, code) => String.fromCodePoint(code)));
}

/** Lines are broken where there is no more room, so that space tells nothing. */
function dense(text) {
  return text.replace(/[\s\u00a0]+/g, "");
}

/** In the page: what Mermaid makes of a diagram. */
async function draw({ text, htmlLabels }) {
  mermaid.initialize({ startOnLoad: false, securityLevel: "strict", htmlLabels });
  const { diagramType } = await mermaid.parse(text);
  window.drawn = (window.drawn ?? 0) + 1;
  const { svg } = await mermaid.render(`m${window.drawn}`, text);
  document.body.innerHTML = svg;
  const all = (selector) => [...document.body.querySelectorAll(selector)];
  const read = (element) => {
    const html = element.querySelectorAll("foreignObject > *");
    if (html.length) return [...html].map((part) => part.innerText).join("\n");
    const rows = element.querySelectorAll("tspan.row, tspan.text-outer-tspan");
    return rows.length ? [...rows].map((row) => row.textContent).join("\n") : element.textContent;
  };
  const lines = (element) => read(element).split("\n").filter((line) => line.trim());
  const made = ["svg", "style", "g", "path", "rect", "circle", "line", "polygon", "ellipse", "marker", "defs", "filter",
    "feDropShadow", "linearGradient", "stop", "text", "tspan", "title", "desc", "foreignObject", "div", "span", "p", "br"];
  const foreign = [];
  for (const element of all("*")) {
    const bad = [...element.attributes].filter(({ name, value }) => /^on|href|^src/.test(name) && !/^#/.test(value));
    if (!made.includes(element.localName) || bad.length) foreign.push(element.outerHTML.slice(0, 200));
  }
  const labels = all(".edgeLabels .edgeLabel .label, .nodes .node .label");
  return {
    type: diagramType,
    foreign,
    title: all(".statediagramTitleText, .titleText").map((element) => element.textContent).join("\n"),
    nodes: all(".nodes .node").map((node) => [node.id, lines(node)]),
    edges: all(".edgePaths path:not(.note-edge)").length,
    texts: labels.map(read),
  };
}
