// What views are made of. Whatever comes from outside becomes text here, and nothing else.

/** An element with these properties and children; a text among the children is text. */
export function el(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** What an element was made from, of those that `keyed` made. */
const made = new WeakMap();

/** Makes the children of an element those of these items. What is the same stays, and so does what has the focus. */
export function keyed(parent, items, key, make) {
  const old = new Map([...parent.children].map((child) => [made.get(child)?.key, child]));
  const children = items.map((item) => {
    const own = { key: String(key(item)), print: JSON.stringify(item) };
    const before = old.get(own.key);
    old.delete(own.key);
    if (before && made.get(before).print === own.print) return before;
    const fresh = make(item);
    made.set(fresh, own);
    if (before) replace(before, fresh);
    return fresh;
  });
  for (const child of old.values()) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

/** Puts an element in another's place; the focus goes to what stands where it stood. */
export function replace(old, fresh) {
  const links = (element) => [...element.querySelectorAll("a, button, summary, [tabindex]")];
  const focused = links(old).indexOf(document.activeElement);
  old.replaceWith(fresh);
  if (focused >= 0) links(fresh)[focused]?.focus({ preventScroll: true });
}

/** Letters that cannot be seen are written out: two ids that differ look different. */
export const visible = (text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) => `\\u{${letter.codePointAt(0).toString(16)}}`);

export const code = (text, name = "code") => el(name, {}, visible(text));
export const number = (count) => count.toLocaleString("en-US");
export const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** What this machine's clock has to be corrected by to be the server's. */
let offset = 0;
export const setClock = (server) => { offset = server - Date.now(); };
export const clock = () => Date.now() + offset;

const UNITS = [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];

/** A length of time in its two largest units. */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const first = Math.max(0, UNITS.findIndex(([, size]) => seconds >= size));
  if (seconds === 0) return "0 s";
  const [unit, size] = UNITS[first];
  const [below, less] = UNITS[first + 1] ?? ["", 1];
  const rest = below ? Math.floor((seconds % size) / less) : 0;
  return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${below}` : ""}`;
}

/** A moment: the time of day if it is of today, else with the date. */
export function moment(text) {
  if (!text) return el("span.dim", {}, "–");
  const today = new Date(clock()).toISOString().slice(0, 10);
  const shown = text.startsWith(today) ? text.slice(11, 19) : `${text.slice(0, 10)} ${text.slice(11, 16)}`;
  return el("time", { datetime: text, title: text }, shown);
}

/** How long ago a moment was; it grows as time goes on. */
export function age(text) {
  if (!text) return el("span.dim", {}, "–");
  const element = el("time.age", { datetime: text, title: text });
  showAge(element);
  return element;
}

function showAge(element) {
  element.textContent = duration(clock() - Date.parse(element.dateTime));
}

export const showAges = () => document.querySelectorAll("time.age").forEach(showAge);

export const assetLink = (entity, id) => `#/asset/${entity}/${encodeURIComponent(id)}`;
export const lifecycleLink = (entity, state) => `#/lifecycle/${entity}${state ? `/${encodeURIComponent(state)}` : ""}`;

/** Where the deliveries are that could not be read. */
export const UNREADABLE = "#/deliveries?quarantine=true";
/** The number of a delivery, which leads to it. */
export const deliveryLink = (own) => el("a", { href: `#/delivery/${own}` }, String(own));

/** An id that leads to its asset. */
export const assetId = ({ entity, id }) => el("a.id", { href: assetLink(entity, id), title: visible(id) }, code(id));

/** The code of a finding, which leads to what it means. */
export const tag = ({ code: text, name, severity }) => el(`a.tag.${severity}`, { href: `#/finding/${encodeURIComponent(text)}`, title: `${severity}: ${name}` }, text);

/** What is known of states, by lifecycle and name; it comes with every overview. */
let known = new Map();
export const setStates = (lifecycles) => {
  known = new Map(lifecycles.flatMap(({ entity, states }) => states.map((own) => [`${entity} ${own.state}`, own])));
};
export const stateOf = (item) => state(item.state, known.get(`${item.entity} ${item.state}`) ?? item);

/** A state as the diagrams show it: by its outline. */
export function state(name, { rest = false, end = false, error = false } = {}) {
  return el("span.state", { class: ["state", rest && "rest", end && "end", error && "error"].filter(Boolean).join(" ") }, visible(name));
}

/** Counts of findings, those that are not 0. */
export function severities(findings) {
  const all = ["error", "warning", "info"].filter((name) => findings[name] > 0);
  return all.map((name) => el(`span.count.${name}`, {}, counted(findings[name], name)));
}

/** Text with `code` within it. */
export const message = (text) => text.split("`").map((part, at) => (at % 2 ? code(part) : part));

export const heading = (...children) => el("h1", { tabindex: "-1" }, ...children);

/** A table that can be wider than the window, and where its rows go. Columns of numbers are so named. */
export function table(label, columns, numbers = []) {
  const rows = el("tbody");
  const head = el("tr", {}, columns.map((column) => el(numbers.includes(column) ? "th.n" : "th", { scope: "col" }, column)));
  return { rows, element: el("div.scroll", { tabindex: "0", role: "region", "aria-label": label }, el("table", {}, el("thead", {}, head), rows)) };
}
