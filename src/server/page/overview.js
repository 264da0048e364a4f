// The views of many assets: all lifecycles, one lifecycle, what a search finds.

import { ask, paced } from "./api.js";
import * as parts from "./parts.js";

const { el, code, counted, keyed, number } = parts;

const FINDINGS_SHOWN = 40;
const OVERDUE_SHOWN = 30;
const FOUND_MAX = 20;
const LISTED_AT_ONCE = 100;
/** Lists are asked for no oftener than this. */
const PAUSE = 500;
/** How far targets got is asked for so often, since that changes while nothing is stored. */
const TARGETS_PAUSE = 5_000;
/** A picture of all steps of a day is asked for no oftener than this. */
const PICTURE_PAUSE = 30_000;

const LEVELS = [["info", "all"], ["warning", "warnings and errors"], ["error", "errors"]];

/** Everything, as it happens. */
export function overview({ query, signal, failed, say }) {
  const level = LEVELS.some(([name]) => name === query.get("severity")) ? query.get("severity") : "info";
  const today = el("ul.today");
  const day = el("span");
  const lifecycles = el("div.lifecycles");
  const findings = el("ol.findings");
  const overdue = parts.table("Overdue assets", ["Asset", "State", "Since", "For"], ["For"]);
  const none = el("p.dim");
  const noneOverdue = el("p.dim", { hidden: true }, "Nothing has been in its state for longer than is normal.");
  const visits = el("ul.visits", { hidden: true });
  const brought = parts.table("Targets", ["Target", "", "To send", "Behind", "A second", "Last error"], ["To send", "Behind", "A second"]);
  const targets = el("section", { "aria-labelledby": "h-targets", hidden: true }, el("h2", { id: "h-targets" }, "Targets"), brought.element);
  const empty = el("p.empty", { hidden: true }, "Nothing was received yet. Providers post to ", el("code", {}, "/in/SOURCE"), "; what comes is shown here at once.");
  const inhabited = el("section", { "aria-labelledby": "h-lifecycles" }, el("h2", { id: "h-lifecycles" }, "Lifecycles"), lifecycles);
  const levels = el("nav.levels", { "aria-label": "Severity" }, LEVELS.map(([name, shown]) =>
    el("a", { href: name === "info" ? "#/" : `#/?severity=${name}`, "aria-current": name === level ? "true" : null }, shown)));
  const element = el("div", {},
    el("section", { "aria-labelledby": "h-today" }, el("h1", { id: "h-today", tabindex: "-1" }, "Today", day), today),
    visits,
    empty,
    inhabited,
    targets,
    el("div.columns", {},
      el("section", { "aria-labelledby": "h-findings" }, el("div.bar", {}, el("h2", { id: "h-findings" }, "Findings"), levels), none, findings),
      el("section", { "aria-labelledby": "h-overdue" }, el("h2", { id: "h-overdue" }, "Overdue"), noneOverdue, overdue.element)));

  let seen = null;
  const showFindings = paced(PAUSE, { signal, failed }, async (all) => {
    const { items } = await ask(`api/findings?limit=${FINDINGS_SHOWN}${level === "info" ? "" : `&severity=${level}`}`, { signal });
    const before = seen;
    seen = Math.max(all.finding, items[0]?.finding ?? 0);
    keyed(findings, items, (item) => item.finding, (item) => finding(item, before !== null && item.finding > before));
    none.textContent = items.length ? "" : "None.";
    const fresh = items.filter((item) => before !== null && item.finding > before);
    if (fresh.length) say(`${counted(fresh.length, "new finding")}, the latest: ${fresh[0].severity} ${fresh[0].name}`);
  });
  const showOverdue = paced(PAUSE, { signal, failed }, async (all) => {
    const { items } = all.overdue ? await ask(`api/assets?overdue=true&limit=${OVERDUE_SHOWN}`, { signal }) : { items: [] };
    noneOverdue.hidden = items.length > 0;
    overdue.element.hidden = items.length === 0;
    keyed(overdue.rows, items, (item) => `${item.entity} ${item.id}`, (item) =>
      el("tr", {}, el("td.asset", {}, el("div.entity", {}, item.entity), parts.assetId(item)), el("td", {}, parts.stateOf(item)),
        el("td", {}, parts.moment(item.since)), el("td.n", {}, parts.age(item.since))));
  });
  const showVisits = paced(PAUSE, { signal, failed }, async () => {
    const { items } = await ask("api/visits", { signal });
    visits.hidden = items.length === 0;
    // No link: who sent it may be a stranger, and it is for people to judge.
    keyed(visits, items, (item) => `${item.source} ${item.at}`, (item) =>
      el("li", {}, `The provider of ${item.source} asks that this address be visited, so that deliveries come: `, el("code", {}, item.address), " ", parts.moment(item.at)));
  });
  const showTargets = paced(TARGETS_PAUSE, { signal, failed }, async () => {
    const { items } = await ask("api/targets", { signal });
    const shown = items.filter((item) => item.configured);
    targets.hidden = shown.length === 0;
    keyed(brought.rows, shown, (item) => item.name, target);
  });
  const again = setInterval(() => document.hidden || showTargets().catch(failed), TARGETS_PAUSE);
  signal.addEventListener("abort", () => clearInterval(again));
  const update = async (all, before) => {
    day.textContent = ` ${all.today.since.slice(0, 10)}, UTC`;
    keyed(today, figures(all), ([name]) => name, ([name, count, level, address]) =>
      el(level && count ? `li.${level}` : "li", {}, el("strong", {}, number(count)), " ", address ? el("a", { href: address }, name) : name));
    empty.hidden = all.delivery > 0;
    inhabited.hidden = all.lifecycles.length === 0;
    keyed(lifecycles, all.lifecycles, (own) => own.entity, lifecycle);
    const changed = (of) => !before || JSON.stringify(of(all)) !== JSON.stringify(of(before));
    const work = [showVisits(all), showTargets()];
    if (changed((own) => [own.finding, own.today.findings])) work.push(showFindings(all));
    if (changed((own) => [own.overdue, own.seq])) work.push(showOverdue(all));
    await Promise.all(work);
  };
  return { element, title: "", update };
}

function figures({ today, overdue }) {
  const { deliveries, quarantined, changes, findings } = today;
  return [
    [deliveries === 1 ? "delivery" : "deliveries", deliveries, null, "#/deliveries"], ["unreadable", quarantined, "warning", parts.UNREADABLE],
    ["changes of state", changes], ["errors", findings.error, "error"], ["warnings", findings.warning, "warning"],
    ["infos", findings.info], ["overdue now", overdue, "warning"],
  ];
}

/** A target: how far behind it is, and what is wrong. */
function target(item) {
  const left = item.outstanding + item.ahead;
  const how = item.paused ? ["error", "paused"] : item.failing ? ["warning", `${counted(item.failing, "change")} failing`] : ["", "fine"];
  return el("tr", {}, el("td", {}, el("strong", {}, item.name), el("div.entity", {}, item.place)),
    el("td", {}, how[0] ? el(`span.count.${how[0]}`, {}, how[1]) : how[1]),
    el("td.n", {}, number(left)), el("td.n", {}, left ? parts.age(item.next_at) : "–"), el("td.n", {}, item.rate.toFixed(1)),
    el("td", {}, item.paused ?? item.error ?? "", " ", item.failed_at ? parts.moment(item.failed_at) : ""));
}

function lifecycle(own) {
  const share = (kind, states) => {
    const bar = el(`span.${kind}`);
    const count = states.reduce((sum, state) => sum + state.assets, 0);
    bar.style.flexGrow = count;
    return count ? bar : null;
  };
  const of = (fits) => own.states.filter(fits);
  const bar = el("div.shares", { "aria-hidden": "true" },
    share("error", of((state) => state.error)), share("work", of((state) => !state.error && !state.rest && !state.end)),
    share("rest", of((state) => !state.error && state.rest && !state.end)), share("end", of((state) => !state.error && state.end)));
  return el("article", { "aria-label": own.entity },
    el("header", {},
      el("h3", {}, el("a", { href: parts.lifecycleLink(own.entity) }, own.title), " ", el("small", {}, own.entity)),
      el("p", {}, el("strong", {}, counted(own.assets, "asset")), el("span.dim", {}, `today ${counted(own.changes, "change")}`), parts.severities(own.findings))),
    bar,
    el("ul.states", {}, own.states.map((state) => el("li", {},
      el("a", { href: parts.lifecycleLink(own.entity, state.state) }, parts.state(state.state, state), " ", el("b", {}, number(state.assets)))))));
}

/** A finding in the stream of them. */
function finding(item, fresh) {
  return el(fresh ? "li.fresh" : "li", {},
    el("div.what", {}, parts.tag(item), el("span.message", {}, parts.message(item.message))),
    el("div.where", {}, parts.moment(item.found_at),
      item.entity ? el("span.entity", {}, item.entity) : null,
      item.entity && item.id ? parts.assetId(item) : null,
      item.delivery ? el("span.entity", {}, "delivery ", parts.deliveryLink(item.delivery)) : null));
}

/** One lifecycle: where its assets are, what happened today, and the assets, of one state if one is named. */
export function lifecycleView({ entity, name, signal, failed, appears }) {
  const states = el("ul.states");
  const picture = diagram(`What happened today on the lifecycle of ${entity}`, signal);
  const list = parts.table("Assets", ["Asset", "State", "Since", "For", "Events", "Findings"], ["For", "Events"]);
  const more = el("button", { type: "button", hidden: true, on: { click: () => next().catch(failed) } }, "Show more");
  const title = parts.heading(entity);
  const order = el("p.dim");
  const assets = el("section", { "aria-labelledby": "h-assets" }, el("h2", { id: "h-assets" }, "Assets ", name ? ["in ", parts.state(name)] : ""),
    order, list.element, more);
  const steps = el("section", { "aria-labelledby": "h-today" },
    el("h2", { id: "h-today" }, "Where assets are, and the steps of today"), picture.element);
  const element = el("div", {}, title, states, name ? [assets, steps] : [steps, assets]);
  let cursor = null;
  const next = async () => {
    const of = `entity=${encodeURIComponent(entity)}${name ? `&state=${encodeURIComponent(name)}` : ""}`;
    const page = await ask(`api/assets?${of}&limit=${LISTED_AT_ONCE}${cursor ? `&cursor=${cursor}` : ""}`, { signal });
    if (cursor === null) list.rows.replaceChildren();
    cursor = page.next;
    appears();
    list.rows.append(...page.items.map(row));
    more.hidden = cursor === null;
  };
  let drawn = -Infinity;
  const update = async (all, before) => {
    const own = all.lifecycles.find((known) => known.entity === entity);
    if (own) title.replaceChildren(own.title, " ", el("small", {}, entity));
    keyed(states, own?.states ?? [], (state) => state.state, (state) => el("li", {},
      el("a", { href: parts.lifecycleLink(entity, state.state), "aria-current": state.state === name ? "page" : null },
        parts.state(state.state, state), " ", el("b", {}, number(state.assets)))));
    const work = [];
    if (!before) {
      cursor = null;
      work.push(next());
      order.textContent = `${name ? "The longest in the state first" : "By id"}, as of ${new Date(parts.clock()).toISOString().slice(11, 19)}.`;
    }
    if (Date.now() - drawn > PICTURE_PAUSE) {
      drawn = Date.now();
      work.push(picture.draw(`api/diagrams/${entity}.svg?observed=true`).catch((error) => {
        drawn = -Infinity;
        throw error;
      }));
    }
    await Promise.all(work);
  };
  return { element, title: entity, absent: name ? "There is no such state" : "There is no such lifecycle", update };
}

function row(item) {
  return el("tr", {}, el("td.asset", {}, parts.assetId(item)), el("td", {}, parts.stateOf(item)), el("td", {}, parts.moment(item.since)),
    el("td.n", {}, parts.age(item.since)), el("td.n", {}, number(item.events)), el("td", {}, parts.severities(item.findings)));
}

/** The assets whose ids begin so. */
export function search({ text, signal }) {
  const list = parts.table("Assets", ["Asset", "State", "Since", "For", "Events", "Findings"], ["For", "Events"]);
  const said = el("p", { role: "status" }, "Searching …");
  list.element.hidden = true;
  const element = el("div", {}, parts.heading("Assets whose id begins with ", code(text)), said, list.element);
  const update = async (all, before) => {
    if (before) return;
    const of = ({ entity }) => ask(`api/assets?entity=${encodeURIComponent(entity)}&id_prefix=${encodeURIComponent(text)}&limit=${FOUND_MAX}`, { signal });
    const pages = await Promise.all(all.lifecycles.map(of));
    const items = pages.flatMap((page) => page.items);
    if (items.length === 1 && items[0].id === text) {
      location.replace(parts.assetLink(items[0].entity, items[0].id));
      return;
    }
    list.element.hidden = items.length === 0;
    list.rows.replaceChildren(...items.map((item) => {
      const found = row(item);
      found.firstElementChild.prepend(el("span.entity", {}, item.entity), " ");
      return found;
    }));
    const cut = pages.some((page) => page.next !== null);
    said.textContent = items.length ? `${counted(items.length, "asset")}${cut ? ` — the first ${FOUND_MAX} of each lifecycle: type more of the id` : ""}.` : "There is none.";
  };
  return { element, title: `search ${text}`, update };
}

/** A picture that the server draws. It is shown as an image, in which nothing runs. */
export function diagram(label, signal) {
  const image = el("img", { alt: `${label}, as a diagram`, hidden: true });
  const said = el("p.dim", {}, "Drawing …");
  const element = el("div.picture", { tabindex: "0", role: "region", "aria-label": label }, said, image);
  let address = null;
  const forget = () => {
    if (address) URL.revokeObjectURL(address);
    address = null;
  };
  signal.addEventListener("abort", forget);
  const draw = async (path) => {
    try {
      const blob = await ask(path, { signal, as: "blob" });
      const before = address;
      address = URL.createObjectURL(new Blob([blob], { type: "image/svg+xml" }));
      image.src = address;
      image.hidden = false;
      said.hidden = true;
      await image.decode().catch(() => {});
      if (before) URL.revokeObjectURL(before);
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = error.status === 404 ? "There is no picture of it." : "It could not be drawn; that is tried again.";
      if (error.status !== 404) throw error;
    }
  };
  return { element, draw };
}
