// The views of one thing: an asset with its timeline, and what a finding means.

import { Problem, ask, assetPath, paced } from "./api.js";
import { diagram } from "./overview.js";
import * as parts from "./parts.js";

const { el, code, counted, number } = parts;

/** An asset is asked for again no sooner than this. */
const PAUSE = 1500;
/** So many events are shown unless all are asked for. */
const SHOWN = 200;

/** One asset: where it is, how it came there, and what is to be said of that. */
export function asset({ entity, id, signal, failed, appears }) {
  const facts = el("dl.facts");
  const picture = diagram(`The path of the asset on the lifecycle of ${entity}`, signal);
  const rest = el("ul.remarks");
  const timeline = parts.table("Timeline", ["Time", "Event", "Verdict", "State", "Delivery", "Findings"], ["Delivery"]);
  timeline.element.classList.add("timeline");
  const all = el("button", { type: "button", hidden: true, on: { click: () => { whole = true; show(); } } });
  const data = el("pre", { tabindex: "0", role: "region", "aria-label": "Data" });
  const element = el("div", {},
    el("p.above", {}, el("a", { href: parts.lifecycleLink(entity) }, entity)), parts.heading(code(id)), facts,
    el("section", { "aria-labelledby": "h-timeline" }, el("h2", { id: "h-timeline" }, "Timeline"), rest, all, timeline.element),
    el("section", { "aria-labelledby": "h-path" }, el("h2", { id: "h-path" }, "Path"), picture.element),
    el("section", { "aria-labelledby": "h-data" }, el("h2", { id: "h-data" }, "Last known values"), data));

  let known = null;
  let text = "";
  let whole = false;
  const show = () => {
    facts.replaceChildren(...facets(known));
    const { timeline: events, findings, asset: own } = known;
    const from = whole ? 0 : Math.max(0, events.length - SHOWN);
    all.hidden = from === 0;
    all.textContent = `Show the ${number(from)} events before these`;
    const of = byPayload(findings);
    parts.keyed(timeline.rows, events.slice(from).map((event) => ({ event, findings: of.get(payload(event)) ?? [] })), ({ event }) => payload(event), step);
    const told = new Set(events.map(payload));
    rest.replaceChildren(...findings.filter((finding) => !told.has(payload(finding))).map((finding) => el("li", {}, remark(finding))));
    data.textContent = parts.visible(JSON.stringify(own.data, null, 1)).replaceAll("\\u{a}", "\n");
  };
  const read = paced(PAUSE, { signal, failed }, async () => {
    const path = assetPath(entity, id);
    if (!path) throw new Problem(400, "An asset of this id cannot be asked for by a browser; `mediafold timeline` can.");
    const answer = await ask(path, { signal, as: "text" });
    const print = answer.replace(/"seq":\d+}\s*$/, "");
    if (print === text) return;
    known = JSON.parse(answer);
    show();
    appears();
    await picture.draw(`api/diagrams/${entity}.svg?asset=${encodeURIComponent(id)}`);
    text = print;
  });
  const update = async (now, before) => {
    const same = before && before.delivery === now.delivery && before.overdue === now.overdue;
    if (!known || !same) await read();
  };
  return { element, title: `${parts.visible(id)} · ${entity}`, absent: "There is no such asset", update };
}

/** One delivery may tell of an asset several times. */
const payload = ({ delivery, item }) => (item ? `${delivery}#${item}` : String(delivery));

function byPayload(findings) {
  const groups = new Map();
  for (const finding of findings) groups.set(payload(finding), [...(groups.get(payload(finding)) ?? []), finding]);
  return groups;
}

function facets({ asset, heard_at, due, overdue }) {
  const all = [
    ["State", parts.stateOf(asset), asset.since ? [" for ", parts.age(asset.since), ", since ", parts.moment(asset.since)] : null],
    ["Due", due && !asset.rest ? [parts.moment(due), overdue ? el("strong.warning", {}, " overdue") : null] : null],
    ["Status", asset.status ? code(asset.status) : null],
    ["Flags", asset.flags.length ? asset.flags.map((flag) => el("span.flag", {}, flag)) : null],
    ["Retries used", asset.retries ? number(asset.retries) : null],
    ["Part of", asset.parent ? [el("span.entity", {}, asset.parent.entity), " ", parts.assetId(asset.parent)] : null],
    ["Events", [number(asset.events), asset.duplicates || asset.late ? el("span.dim", {}, ` and ${counted(asset.duplicates, "copy", "copies")}; ${number(asset.late)} late`) : null]],
    ["Findings", parts.severities(asset.findings)],
    ["Last heard of", parts.moment(heard_at)],
  ];
  return all.filter(([, ...shown]) => shown.flat(Infinity).some(Boolean)).map(([name, ...shown]) => el("div", {}, el("dt", {}, name), el("dd", {}, shown)));
}

function step({ event, findings }) {
  const { at, received_at, verdict, before, after } = event;
  const moved = before === after ? [el("span.dim", {}, after ? parts.visible(after) : "")] : [el("span.dim", {}, parts.visible(before), " → "), parts.visible(after)];
  const named = event.findings.filter((name) => !findings.some((finding) => finding.name === name));
  return el(`tr.${verdict.toLowerCase()}`, {},
    el("td", {}, parts.moment(at ?? received_at), at ? null : el("span.dim", {}, " received")), el("td", {}, code(event.label)),
    el("td.verdict", {}, verdict), el("td", {}, moved), el("td.n", {}, parts.deliveryLink(event.delivery), event.item ? `#${event.item}` : null),
    el("td.remark", {}, findings.map((finding) => el("div", {}, remark(finding))), named.map((name) => el("div", {}, name))));
}

/** What there is to say of an event. */
export function remark(finding) {
  return [parts.tag(finding), " ", parts.message(finding.message), finding.help ? el("div.help", {}, parts.message(finding.help)) : null];
}

/** What a finding means, as docs/findings.md says it. */
export function explanation({ name, signal, appears }) {
  const text = el("div.prose");
  const title = parts.heading(name);
  const update = async (all, before) => {
    if (before) return;
    const [found] = (await ask(`api/explanations?code=${encodeURIComponent(name)}`, { signal })).items;
    appears();
    title.replaceChildren(el(`span.tag.${found.severity}`, {}, found.code), ` ${found.name}`);
    text.replaceChildren(...found.text.split("```").flatMap((part, at) =>
      (at % 2 ? [el("pre", {}, part.replace(/^\w*\n/, "").trimEnd())] : part.split("\n\n").filter((own) => own.trim()).map((own) => el("p", {}, inline(own.trim()))))));
  };
  return { element: el("div", {}, title, text), title: name, absent: "There is no such finding", update };
}

/** The little Markdown that explanations are written in: `code`, **bold**, and links, of which the text is left. */
function inline(text) {
  const plain = text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return plain.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("`")) return el("code", {}, part.slice(1, -1));
    return part.startsWith("**") ? el("strong", {}, part.slice(2, -2)) : part;
  });
}
