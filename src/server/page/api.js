// Asks the server. The token is kept for this tab, until it is closed, and goes into no address.

const KEY = "mediafold-token";
/** How long to wait before connecting again: at first, and at most. */
const WAIT_FIRST = 1000;
const WAIT_MAX = 15_000;
/** The server says every 15 seconds that it is there. */
const SILENCE_MAX = 40_000;

export const token = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (text) => sessionStorage.setItem(KEY, text),
  forget: () => sessionStorage.removeItem(KEY),
};

/** The token is none that lets one ask. */
export class Refused extends Error {}

/** The server answered, and says what is wrong. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The server cannot be reached, or broke off. */
export class Unreachable extends Error {}

/** What the server answers, as JSON, as text, as a blob, or as the response whose body is a stream. */
export async function ask(path, { signal, as = "json" } = {}) {
  // A header is ASCII, and so is every token that can be presented.
  if (!/^[\x20-\x7e]+$/.test(token.get())) throw new Refused("no token");
  const headers = { Authorization: `Bearer ${token.get()}`, Accept: as === "stream" ? "text/event-stream" : "*/*" };
  const broken = (error) => {
    throw error.name === "AbortError" ? error : new Unreachable(error.message);
  };
  const response = await fetch(path, { headers, signal, cache: "no-store", credentials: "omit", redirect: "error" }).catch(broken);
  if (response.status === 401) throw new Refused("refused");
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    throw new Problem(response.status, told.detail ?? told.error ?? `the server answered ${response.status}`);
  }
  return as === "stream" ? response : response[as]().catch(broken);
}

/** Whether the server has a token, without which it answers nobody. Where it cannot be reached nothing is known. */
export const hasToken = () => fetch("page/token.json", { cache: "no-store", credentials: "omit" })
  .then((response) => response.json())
  .then(({ set }) => set !== false, () => true);

/** Does work at once, but not again before it is time: after this pause, and after ten times what it took. What comes
 *  meanwhile is done then. */
export function paced(pause, { signal, failed }, work) {
  const SHARE = 10;
  let next = 0;
  let timer = 0;
  const run = async (...about) => {
    const begun = performance.now();
    try {
      await work(...about);
    } finally {
      next = performance.now() + Math.max(pause, SHARE * (performance.now() - begun));
    }
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  return async (...about) => {
    clearTimeout(timer);
    const wait = next - performance.now();
    if (wait <= 0) await run(...about);
    else timer = setTimeout(() => run(...about).catch(failed), wait);
  };
}

/** The path of an asset under `api/assets/`, or `null` where a browser would read its id as another folder. */
export const assetPath = (entity, id) => (id === "." || id === ".." ? null : `api/assets/${entity}/${encodeURIComponent(id)}`);

/** Follows a stream of events, and connects again whenever it ends, until it is stopped. */
export function follow(path, { event, open, lost, refused }) {
  let stopped = false;
  let controller = null;
  let wake = () => {};
  const run = async () => {
    let wait = WAIT_FIRST;
    while (!stopped) {
      controller = new AbortController();
      const guard = watchdog(controller);
      try {
        const response = await ask(path, { as: "stream", signal: controller.signal });
        open(Date.parse(response.headers.get("date") ?? "") || Date.now());
        await read(response.body, guard.alive, (name, data) => {
          wait = WAIT_FIRST;
          event(name, data);
        });
      } catch (error) {
        if (error instanceof Refused && !stopped) {
          stopped = true;
          refused();
        }
      } finally {
        guard.end();
      }
      if (stopped) return;
      lost();
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, wait * (0.75 + Math.random() / 2));
      });
      wait = Math.min(2 * wait, WAIT_MAX);
    }
  };
  const again = () => wake();
  addEventListener("online", again);
  run();
  return () => {
    stopped = true;
    removeEventListener("online", again);
    controller?.abort();
    wake();
  };
}

/** Ends what has been silent for too long. */
function watchdog(controller) {
  let timer = 0;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), SILENCE_MAX);
  };
  alive();
  return { alive, end: () => clearTimeout(timer) };
}

async function read(body, alive, event) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    alive();
    const parts = (text + value).split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const fields = Object.fromEntries(part.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      if (fields.data) event(fields.event, JSON.parse(fields.data));
    }
  }
}
