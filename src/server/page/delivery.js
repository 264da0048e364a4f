// The views of what was received: one delivery with its body, and the list of them.

import { ask } from "./api.js";
import * as parts from "./parts.js";
import { remark } from "./asset.js";

const { el, code, counted, number } = parts;

const LISTED_AT_ONCE = 100;
/** A body up to this length stands in the command itself; a longer one is taken from the file that was downloaded. */
const INLINE_MAX = 4_096;

/** One delivery: what came, what was read from it, and what that did. */
export function delivery({ name, signal, appears }) {
  const facts = el("dl.facts");
  const events = parts.table("What was read from it", ["Event", "Asset", "Verdict", "State"]);
  const findings = el("ul.remarks");
  const body = el("pre", { tabindex: "0", role: "region", "aria-label": "Body" });
  const command = el("pre", { tabindex: "0", role: "region", "aria-label": "As a command" });
  const buttons = el("p.actions");
  const said = el("p.dim", { role: "status" });
  const element = el("div", {}, parts.heading(`Delivery ${name}`), facts, findings,
    el("section", { "aria-labelledby": "h-told" }, el("h2", { id: "h-told" }, "What was read from it"), events.element),
    el("section", { "aria-labelledby": "h-body" }, el("h2", { id: "h-body" }, "Body, as it came"), buttons, said, body),
    el("section", { "aria-labelledby": "h-curl" }, el("h2", { id: "h-curl" }, "To your own address"),
      el("p.dim", {}, "Without its signature, which is not kept: a receiver that verifies refuses it."), command));
  const update = async (all, before) => {
    if (before) return;
    const own = await ask(`api/deliveries/${encodeURIComponent(name)}`, { signal });
    appears();
    facts.replaceChildren(...facets(own));
    findings.replaceChildren(...own.findings.map((finding) => el("li", {}, remark(finding))));
    events.rows.replaceChildren(...own.told.map(told));
    events.element.hidden = own.told.length === 0;
    show(own);
  };
  const show = (own) => {
    const text = own.body ?? own.body_base64;
    if (text === null) {
      body.hidden = command.parentElement.hidden = true;
      said.textContent = "The retention of this server has removed it.";
      return;
    }
    said.textContent = own.body === null ? "It is not UTF-8: in base64." : "";
    const pretty = own.body === null ? null : indented(own.body);
    let raw = pretty === null;
    const draw = () => { body.textContent = lines(raw ? text : pretty); };
    const toggle = el("button", { type: "button", hidden: pretty === null, "aria-pressed": "false", on: { click: () => {
      raw = !raw;
      toggle.setAttribute("aria-pressed", String(raw));
      draw();
    } } }, "Raw");
    const copy = el("button", { type: "button", hidden: !navigator.clipboard, on: { click: () => navigator.clipboard.writeText(text).then(
      () => { said.textContent = "Copied."; }, () => { said.textContent = "The browser does not let it be copied."; }) } }, "Copy");
    buttons.replaceChildren(toggle, copy, el("button", { type: "button", on: { click: () => download(own) } }, "Download"));
    draw();
    command.textContent = lines(curl(own));
  };
  return { element, title: `delivery ${name}`, absent: "There is no such delivery", update };
}

/** Deliveries, the latest first; only those that could not be read if that is asked for. */
export function deliveries({ query, signal, failed, appears }) {
  const unread = query.get("quarantine") === "true";
  const list = parts.table("Deliveries", ["Delivery", "Received", "Source", "Events", "Bytes", "Why it was not read"], ["Delivery", "Events", "Bytes"]);
  const more = el("button", { type: "button", hidden: true, on: { click: () => next().catch(failed) } }, "Show more");
  const none = el("p.dim", { hidden: true }, unread ? "Everything could be read." : "Nothing was received yet.");
  const which = el("nav.levels", { "aria-label": "Which" }, [["all", false], ["unreadable", true]].map(([shown, own]) =>
    el("a", { href: own ? parts.UNREADABLE : "#/deliveries", "aria-current": own === unread ? "true" : null }, shown)));
  const element = el("div", {}, parts.heading(unread ? "Deliveries that could not be read" : "Deliveries"), which, none, list.element, more);
  let cursor = null;
  const next = async () => {
    const page = await ask(`api/deliveries?limit=${LISTED_AT_ONCE}${unread ? "&quarantine=true" : ""}${cursor ? `&cursor=${cursor}` : ""}`, { signal });
    appears();
    list.rows.append(...page.items.map(line));
    cursor = page.next;
    more.hidden = cursor === null;
    none.hidden = list.rows.children.length > 0;
    list.element.hidden = !none.hidden;
  };
  const update = async (all, before) => {
    if (before) return;
    cursor = null;
    list.rows.replaceChildren();
    await next();
  };
  return { element, title: unread ? "unreadable deliveries" : "deliveries", update };
}

function line(own) {
  return el("tr", {}, el("td.n", {}, parts.deliveryLink(own.delivery)), el("td", {}, parts.moment(own.received_at)), el("td", {}, code(own.source)),
    el("td.n", {}, number(own.events)), el("td.n", {}, own.body_len === null ? el("span.dim", {}, "removed") : number(own.body_len)),
    el("td.remark", {}, own.quarantine ? parts.message(own.quarantine) : null));
}

function told(event) {
  const { verdict, before, after } = event;
  const moved = before === after ? [parts.visible(after ?? "")] : [el("span.dim", {}, parts.visible(before ?? ""), " → "), parts.visible(after ?? "")];
  return el("tr", {}, el("td", {}, code(event.event), event.item ? el("span.dim", {}, ` #${event.item}`) : null),
    el("td.asset", {}, el("span.entity", {}, event.entity), " ", parts.assetId(event)), el("td", {}, verdict ?? "its asset was removed"), el("td", {}, moved));
}

function facets(own) {
  const headers = Object.entries(own.headers ?? {});
  const all = [
    ["Source", code(own.source)], ["Provider", own.provider], ["Received", parts.moment(own.received_at)],
    ["Content type", own.content_type ? code(own.content_type) : null],
    ["Length", own.body_len === null ? null : counted(own.body_len, "byte")],
    ["Headers", headers.length ? headers.map(([name, value]) => el("div", {}, code(`${name}: ${value}`))) : null],
    ["Query", own.query ? code(own.query) : null],
    ["Not read", own.quarantine ? parts.message(own.quarantine) : null],
  ];
  return all.filter(([, ...shown]) => shown.flat(Infinity).some(Boolean)).map(([name, ...shown]) => el("div", {}, el("dt", {}, name), el("dd", {}, shown)));
}

/** Text of several lines, with what cannot be seen written out. */
const lines = (text) => text.split("\n").map(parts.visible).join("\n");

/** JSON with its members a line each, every digit and escape as it came; `null` for what is no JSON. */
function indented(text) {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const out = [];
  let depth = 0;
  const turn = () => out.push("\n", "  ".repeat(depth));
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/gs)) {
    const last = out.at(-1);
    if (token === "}" || token === "]") {
      depth -= 1;
      if (last !== "{" && last !== "[") turn();
      out.push(token);
    } else {
      if (last === "{" || last === "[") turn();
      out.push(token === ":" ? ": " : token);
      if (token === ",") turn();
      if (token === "{" || token === "[") depth += 1;
    }
  }
  return out.join("");
}

const fileOf = (own) => `delivery-${own.delivery}${own.content_type?.includes("json") ? ".json" : ".bin"}`;

function download(own) {
  const bytes = own.body ?? Uint8Array.from(atob(own.body_base64), (letter) => letter.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes]));
  const link = el("a", { href: address, download: fileOf(own) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 0);
}

/** The delivery as a command for a shell; nothing in it ends its quotes. */
function curl(own) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const inline = own.body !== null && own.body.length <= INLINE_MAX && !own.body.startsWith("@") && !own.body.includes("\0");
  const headers = [...(own.content_type ? [["content-type", own.content_type]] : []), ...Object.entries(own.headers ?? {})];
  const query = own.query ? `?${own.query}` : "";
  return [
    `curl ${quoted(`localhost:3000/webhooks${query}`)}`,
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    `--data-binary ${inline ? quoted(own.body) : quoted(`@${fileOf(own)}`)}`,
  ].join(" \\\n  ");
}
