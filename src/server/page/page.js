// The live page: which view is shown is in the address after `#`, so that a link leads a colleague to the same.

import { Problem, Refused, Unreachable, follow, hasToken, token } from "./api.js";
import { asset, explanation } from "./asset.js";
import { deliveries, delivery } from "./delivery.js";
import { lifecycleView, overview, search } from "./overview.js";
import { code, el, heading, message, setClock, setStates, showAges } from "./parts.js";

/** What is new is said aloud no oftener than this. */
const NEWS_PAUSE = 10_000;
const AGES_PAUSE = 10_000;

const at = (id) => document.getElementById(id);
const [main, link, form, find, out, news] = ["main", "link", "search", "find", "out", "news"].map(at);

/** The view that is shown, with what ends its questions. */
let view = null;
/** The last overview, and the one that the view was last told of. */
let latest = null;
let told = null;
let telling = false;
let stop = () => {};
let said = -Infinity;

const say = (text) => {
  if (performance.now() - said < NEWS_PAUSE) return;
  said = performance.now();
  news.textContent = text;
};

/** The view that an address names. */
function named(address) {
  const [path, query] = address.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [kind, ...words] = path.split("/").map(decodeURIComponent);
  const controller = new AbortController();
  const common = { signal: controller.signal, query: new URLSearchParams(query ?? ""), say, failed, appears };
  const [provider, of, name] = words;
  const entity = `${provider}/${of}`;
  const made = () => {
    if (kind === "") return overview(common);
    if (kind === "asset" && words.length === 3) return asset({ ...common, entity, id: name });
    if (kind === "lifecycle" && (words.length === 2 || words.length === 3)) return lifecycleView({ ...common, entity, name });
    if (kind === "search" && words.length === 1) return search({ ...common, text: words[0] });
    if (kind === "finding" && words.length === 1) return explanation({ ...common, name: words[0] });
    if (kind === "delivery" && words.length === 1) return delivery({ ...common, name: words[0] });
    if (kind === "deliveries" && words.length === 0) return deliveries(common);
    return nothing(address);
  };
  return { ...made(), controller };
}

function nothing(address) {
  const element = el("div", {}, heading("There is no such page"), el("p", {}, "The address has ", code(address), " in it. ", el("a", { href: "#/" }, "Back to the overview")));
  return { element, title: "no such page", update: async () => {} };
}

function show(event) {
  if (takeToken() || !token.get()) return token.get() ? enter() : login("");
  let next;
  try {
    next = named(location.hash);
  } catch {
    next = { ...nothing(location.hash), controller: new AbortController() };
  }
  view?.controller.abort();
  view = next;
  told = null;
  document.title = view.title ? `${view.title} · mediafold` : "mediafold";
  main.replaceChildren(view.element);
  if (event) {
    scrollTo(0, 0);
    main.querySelector("h1")?.focus({ preventScroll: true });
  }
  tell();
}

/** Tells the view of the latest overview, one at a time: what came meanwhile is told at the end. */
async function tell() {
  if (telling) return;
  telling = true;
  while (view && latest && told !== latest) {
    const [own, now, before] = [view, latest, told];
    told = now;
    try {
      // A view that has not shown anything yet begins anew.
      await own.update(now, own.shown ? before : null);
      own.shown = true;
      if (own === view) main.querySelector(".problem")?.remove();
    } catch (error) {
      // What is not there is not asked for again by those who cannot come to be.
      own.shown ||= error instanceof Problem && error.status < 500;
      if (own === view) failed(error);
    }
    if (own !== view) told = null;
  }
  telling = false;
}

function failed(error) {
  if (error instanceof Refused) return login("The server does not take the token any more.");
  if (error instanceof Problem && [400, 404].includes(error.status) && view?.absent) return absent(error.message);
  if (error instanceof Problem) {
    main.querySelector(".problem")?.remove();
    main.prepend(el("p.problem", { role: "alert" }, message(error.message)));
  } else if (error.name !== "AbortError" && !(error instanceof Unreachable)) {
    reportError(error);
  }
  // Where the server cannot be reached, the stream says so and comes again.
}

/** Says that what the view is of is not there; it comes in place of that when it is. */
function absent(detail) {
  const text = el("div.absent", {}, heading(view.absent), el("p.problem", { role: "alert" }, message(detail)),
    el("p", {}, el("a", { href: "#/" }, "Back to the overview")));
  if (main.querySelector(".absent")?.textContent === text.textContent) return;
  document.title = `${view.absent} · mediafold`;
  main.replaceChildren(text);
  text.querySelector("h1").focus({ preventScroll: true });
}

/** What the view is of is there. */
function appears() {
  if (!view || view.element.parentElement === main) return;
  document.title = `${view.title} · mediafold`;
  main.replaceChildren(view.element);
}

function connect() {
  stop();
  shown("waits", "connecting …");
  stop = follow("api/overview", {
    open: setClock,
    event: (name, data) => {
      shown("live", "live");
      latest = data;
      setStates(data.lifecycles);
      tell();
    },
    lost: () => shown("lost", "not connected, trying again"),
    refused: () => login("The server does not take this token."),
  });
}

function shown(kind, text) {
  if (link.textContent !== text) link.textContent = text;
  link.className = kind;
}

/** Takes the token from an address such as `#token=…`, and out of it again. */
function takeToken() {
  if (!location.hash.startsWith("#token=")) return false;
  token.set(new URLSearchParams(location.hash.slice(1)).get("token"));
  history.replaceState(null, "", "#/");
  return true;
}

function enter() {
  form.hidden = out.hidden = false;
  latest = null;
  connect();
  show();
}

/** Asks for the token. */
function login(why) {
  stop();
  view?.controller.abort();
  view = latest = null;
  token.forget();
  form.hidden = out.hidden = true;
  shown("", "");
  document.title = "mediafold";
  const field = el("input", { id: "token", type: "password", autocomplete: "current-password", spellcheck: "false", required: true, "aria-describedby": "why" });
  const enters = (event) => {
    event.preventDefault();
    token.set(field.value.trim());
    enter();
  };
  const shownForm = el("form.login", { on: { submit: enters } }, heading("mediafold"),
    el("label", { for: "token" }, "Token"), field, el("button", { type: "submit" }, "Sign in"),
    el("p.problem", { id: "why", role: "alert" }, why),
    el("p.dim", {}, "It stands as ", el("code", {}, "token"), " in the configuration of the server. It is kept for this tab until it is closed."));
  main.replaceChildren(shownForm);
  field.focus();
  // Where no token is set, every one that is typed in would be refused.
  hasToken().then((set) => {
    if (!set && shownForm.parentElement === main) main.replaceChildren(withoutToken());
  });
}

function withoutToken() {
  return el("div.login", {}, heading("Nothing can be asked"),
    el("p.problem", { role: "alert" }, "No ", code("token"), " is set in the configuration of this server, so it answers no questions. Deliveries are taken all the same."),
    el("p", {}, "Put ", code('token = "…"'), " above the first ", code("[…]"), " of its configuration, or ", code("MEDIAFOLD_TOKEN"), " into its environment, and start it again; ", code("SIGHUP"), " is enough for what stands in the file."),
    el("button", { type: "button", on: { click: () => login("") } }, "Look again"));
}

addEventListener("hashchange", show);
out.addEventListener("click", () => login(""));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = find.value.trim();
  if (text) location.hash = `#/search/${encodeURIComponent(text)}`;
});
// A skip link is no view.
at("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || form.hidden) return;
  const typing = event.target.matches?.("input, textarea");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    find.focus();
    find.select();
  } else if (event.key === "Escape" && event.target === find) {
    find.value = "";
    find.blur();
  } else if (event.key === "Escape" && !typing) {
    location.hash = "#/";
  }
});
// A page that nobody sees asks nothing.
document.addEventListener("visibilitychange", () => {
  if (!token.get()) return;
  if (document.hidden) {
    stop();
    shown("", "");
  } else {
    connect();
  }
});
setInterval(showAges, AGES_PAUSE);
if (takeToken() || token.get()) enter();
else login("");
