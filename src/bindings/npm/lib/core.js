// mediafold over its WebAssembly module; the other files of this folder say where that comes from.

/** The longest body that `receive` reads, in bytes. */
const LIMIT = 1 << 20;
/** The most that is given to the module at once, in bytes. */
const BYTES_MAX = 256 << 20;
/** A module whose memory has grown beyond this is begun anew: memory of modules never shrinks. */
const MEMORY_MAX = 128 << 20;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What all errors of this package are. */
class MediafoldError extends Error {
  // Written out, since a minifier gives classes other names.
  name = "MediafoldError";
}

/** A request was not signed with any of the secrets: answer it with `status`. */
class UnsignedError extends MediafoldError {
  name = "UnsignedError";
  status = 401;
}

/** A body is longer than is read: answer it with `status`. */
class TooLargeError extends MediafoldError {
  name = "TooLargeError";
  status = 413;
}

/** Definitions cannot be used; `problems` says all that is wrong, by file and line. */
class DefinitionError extends MediafoldError {
  name = "DefinitionError";
  problems = [];
}

/** A text is not a saved asset, or not of the one that it should be of; `reason` says which. */
class LoadError extends MediafoldError {
  name = "LoadError";
  reason = "malformed";
}

/** The caller's own mistake. */
class UsageError extends MediafoldError {
  name = "UsageError";
}

const ERRORS = { UnsignedError, DefinitionError, LoadError, UsageError };

function thrown({ type, message, reason, problems }) {
  const error = new (ERRORS[type] ?? MediafoldError)(message);
  if (reason !== undefined) error.reason = reason;
  if (problems !== undefined) error.problems = problems;
  return error;
}

/** The module, begun anew where it has to be. */
class Engine {
  #module;
  #exports;
  /** How often it was begun: what it was told before is gone. */
  begun = 0;

  constructor(module) {
    this.#module = module;
  }

  /** What the module answers to a request and the bytes that it is about; behind it the saved assets that belong to it. */
  call(request, ...bytes) {
    const parts = [encoder.encode(JSON.stringify(request)), ...bytes];
    let length = 0;
    for (const part of parts) length += part.length;
    if (length > BYTES_MAX) {
      throw new UsageError(`${length} bytes at once, where at most ${BYTES_MAX} are taken: give them in parts`);
    }
    let answer;
    let saved;
    try {
      [answer, ...saved] = this.#ask(parts, length).split("\n");
      answer = JSON.parse(answer);
    } catch (cause) {
      this.#exports = undefined;
      throw new MediafoldError("the module of mediafold failed, and is begun anew", { cause });
    }
    if (this.#exports.memory.buffer.byteLength > MEMORY_MAX) this.#exports = undefined;
    if (answer.error !== undefined) throw thrown(answer.error);
    return [answer.ok, saved];
  }

  #ask(parts, length) {
    this.begin();
    const { alloc, call, free, memory } = this.#exports;
    const place = alloc(length);
    const room = new Uint8Array(memory.buffer, place, length);
    let at = 0;
    for (const part of parts) {
      room.set(part, at);
      at += part.length;
    }
    const said = call(place, parts[0].length, length);
    const size = new DataView(memory.buffer).getUint32(said, true);
    const text = decoder.decode(new Uint8Array(memory.buffer, said + 4, size));
    free(said);
    return text;
  }

  begin() {
    if (this.#exports !== undefined) return;
    this.#exports = new WebAssembly.Instance(this.#module, {}).exports;
    this.begun += 1;
  }
}

function usage(message) {
  throw new UsageError(message);
}

function awaited(value, name) {
  if (typeof value?.then === "function") usage(`\`${name}\` is a Promise: await it`);
  return value;
}

function bytesOf(body, name = "body") {
  awaited(body, name);
  if (typeof body === "string") return encoder.encode(body);
  if (body instanceof Uint8Array) return body;
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer || Object.prototype.toString.call(body) === "[object ArrayBuffer]") {
    return new Uint8Array(body);
  }
  const what = body === null || body === undefined ? String(body) : `a ${typeof body}`;
  return usage(`\`${name}\` is ${what}: give it as it came, as bytes or text; what was parsed can no longer be verified`);
}

function pairsOf(headers) {
  awaited(headers, "headers");
  if (headers === null || typeof headers !== "object") usage("`headers` are missing: give a Headers, an object or a list of pairs");
  const pairs = typeof headers[Symbol.iterator] === "function" ? [...headers] : Object.entries(headers);
  return pairs.flatMap(([name, value]) => {
    if (value === undefined || value === null) return [];
    return (Array.isArray(value) ? value : [value]).map((one) => [String(name), String(one)]);
  });
}

function timeOf(time, name) {
  if (typeof time === "string") return time;
  const date = time instanceof Date ? time : new Date(typeof time === "number" ? time : NaN);
  if (Number.isNaN(date.getTime())) usage(`\`${name}\` is no time: give a Date, milliseconds or RFC 3339`);
  return date.toISOString();
}

function textOf(fold, name = "fold") {
  awaited(fold, name);
  if (typeof fold !== "string") usage(`\`${name}\` is ${fold === null ? "null" : `a ${typeof fold}`}, and no saved asset: give the text that \`step\` returned`);
  return fold;
}

const optionalText = (fold, name) => (fold === null || fold === undefined ? null : textOf(fold, name));

function eventText(event) {
  awaited(event, "event");
  if (Array.isArray(event?.events)) usage("`event` is all that a delivery said: give one of its `events`");
  if (typeof event?.fold !== "string") usage("`event` is no event: give one of the `events` that `receive`, `unwrap` or `read` returned");
  return event.fold;
}

function withFold(told, [fold]) {
  told.fold = fold;
  return told;
}

function boundOf(bound) {
  if (bound === undefined) return {};
  if (bound === false) return { bound: { events: null } };
  if (bound === null || typeof bound !== "object") usage("`bound` is no bound: give `false` or { events, age }");
  const { events = 64, age = null } = bound;
  if (events !== null && !(Number.isSafeInteger(events) && events > 0 && events < 2 ** 31)) usage("`bound.events` is no number of events");
  return { bound: { events, age } };
}

/** What is asked in which words, by the definitions of `definitions` laid over the built-in ones. */
class Mediafold {
  #engine;
  #files;
  #opened;

  constructor(engine, options = {}) {
    this.#engine = engine;
    const { definitions } = options ?? {};
    if (definitions === undefined) return;
    if (definitions === null || typeof definitions !== "object") usage("`definitions` are no definitions: give an object of their names and texts");
    for (const [name, text] of Object.entries(definitions)) {
      if (typeof text !== "string") usage(`the definition ${JSON.stringify(name)} is no text`);
    }
    this.#files = Object.fromEntries(Object.entries(definitions));
    this.#ask({ call: "lifecycles" });
  }

  #ask(request, ...bytes) {
    const engine = this.#engine;
    if (this.#files === undefined) return engine.call(request, ...bytes);
    engine.begin();
    if (this.#opened?.begun !== engine.begun) {
      const [{ definitions }] = engine.call({ call: "open", files: this.#files });
      this.#opened = { definitions, begun: engine.begun };
    }
    return engine.call({ ...request, definitions: this.#opened.definitions }, ...bytes);
  }

  /** What is said of one saved asset, or of none. */
  #look(request, fold) {
    if (fold === null) return this.#ask(request)[0];
    const bytes = encoder.encode(fold);
    return this.#ask({ ...request, fold: bytes.length }, bytes)[0];
  }

  /** What becomes of a saved asset, or of none, by another. */
  #change(request, fold, other) {
    const there = encoder.encode(other);
    request.other = there.length;
    if (fold === null) return withFold(...this.#ask(request, there));
    const here = encoder.encode(fold);
    request.fold = here.length;
    return withFold(...this.#ask(request, here, there));
  }

  /** What was received, each event with what is saved of it. */
  #read(request, body) {
    const [told, saved] = this.#ask(request, bytesOf(body));
    saved.forEach((fold, at) => {
      told.events[at].fold = fold;
    });
    return told;
  }

  /** Verifies a Request, and reads what it says. */
  async receive(request, options) {
    awaited(request, "request");
    if (typeof request?.arrayBuffer !== "function") usage("`request` is no Request: for a body and headers at hand there is `unwrap`");
    if (request.bodyUsed) usage("the body of `request` was read before: nothing may parse it first, since it is verified to the byte");
    const body = await bodyOf(request, options?.limit ?? LIMIT);
    const { url, method, headers } = request;
    return this.unwrap(body, headers, { url, method, ...options });
  }

  /** Verifies a body by its headers, and reads what it says. */
  unwrap(body, headers, options) {
    const { provider, secrets, scheme, tolerance, url, method, now = Date.now(), receivedAt, verifyToken } = options ?? {};
    if (typeof provider !== "string") usage("`provider` is missing: who sends here?");
    const list = typeof secrets === "string" ? [secrets] : secrets;
    if (!Array.isArray(list) || list.some((secret) => typeof secret !== "string" || secret === "")) {
      usage("`secrets` is to be the provider's secret, or a list of them; is the variable set that it comes from?");
    }
    const request = { call: "unwrap", provider, secrets: list, headers: pairsOf(headers), now: timeOf(now, "now") };
    if (scheme !== undefined) request.scheme = scheme;
    if (tolerance !== undefined) request.tolerance = tolerance;
    if (url !== undefined) request.url = String(url);
    if (method !== undefined) request.method = String(method);
    if (verifyToken !== undefined) request.verify_token = verifyToken;
    if (receivedAt !== undefined) request.received_at = timeOf(receivedAt, "receivedAt");
    return this.#read(request, body);
  }

  /** Reads a body that somebody else verified, or nobody. */
  read(body, options) {
    const { provider, headers, url, receivedAt } = options ?? {};
    const request = { call: "read" };
    if (provider !== undefined) request.provider = provider;
    if (headers !== undefined) request.headers = pairsOf(headers);
    if (url !== undefined) request.url = String(url);
    if (receivedAt !== undefined) request.received_at = timeOf(receivedAt, "receivedAt");
    return this.#read(request, body);
  }

  /** One event onto a row, or onto none. */
  step(fold, event, options) {
    const request = { call: "step", ...boundOf(options?.bound) };
    if (options?.follow === true) request.follow = true;
    return this.#change(request, optionalText(fold, "fold"), eventText(event));
  }

  /** What `theirs` knows into `ours`, which is the row as it is stored. */
  merge(ours, theirs) {
    return this.#change({ call: "merge" }, optionalText(ours, "ours"), textOf(theirs, "theirs"));
  }

  /** The asset as it stands. */
  asset(fold) {
    return this.#look({ call: "asset" }, textOf(fold));
  }

  /** Everything there is to say of its events. */
  findings(fold) {
    return this.#look({ call: "findings" }, textOf(fold));
  }

  /** Its events as they happened. */
  history(fold) {
    return this.#look({ call: "history" }, textOf(fold));
  }

  /** Whether it has been in its state for longer than is normal. */
  overdue(fold, now = Date.now()) {
    return this.#look({ call: "overdue", now: timeOf(now, "now") }, textOf(fold));
  }

  /** The rows of all assets in a file of deliveries. */
  fold(bytes, options) {
    const { provider, bound, follow } = options ?? {};
    const [rows, saved] = this.#ask({ call: "fold", provider, follow, ...boundOf(bound) }, bytesOf(bytes, "bytes"));
    return rows.map(({ asset }, at) => ({ fold: saved[at], asset }));
  }

  /** The findings of a file of deliveries. */
  check(bytes, options) {
    return this.#ask({ call: "check", provider: options?.provider }, bytesOf(bytes, "bytes"))[0];
  }

  /** A lifecycle as a diagram, or the way of one asset through it. */
  diagram(entity, format = "mermaid", options) {
    return this.#look({ call: "diagram", entity, format }, optionalText(options?.fold, "fold"));
  }

  /** What lifecycles there are. */
  lifecycles() {
    return this.#ask({ call: "lifecycles" })[0];
  }
}

/** The body of a request, as long as that is within the limit. */
async function bodyOf(request, limit) {
  const tooLarge = () => new TooLargeError(`a body of more than ${limit} bytes`);
  if (Number(request.headers?.get?.("content-length") ?? 0) > limit) throw tooLarge();
  const reader = request.body?.getReader?.();
  if (reader === undefined) {
    const body = new Uint8Array(await request.arrayBuffer());
    if (body.length > limit) throw tooLarge();
    return body;
  }
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel().catch(() => {});
      throw tooLarge();
    }
    parts.push(value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

/** Everything that the package exports, over a module. */
function over(module) {
  const builtin = new Mediafold(engineOf(module));
  const bound = (name) => builtin[name].bind(builtin);
  return {
    receive: bound("receive"),
    unwrap: bound("unwrap"),
    read: bound("read"),
    step: bound("step"),
    merge: bound("merge"),
    asset: bound("asset"),
    findings: bound("findings"),
    history: bound("history"),
    overdue: bound("overdue"),
    fold: bound("fold"),
    check: bound("check"),
    diagram: bound("diagram"),
    lifecycles: bound("lifecycles"),
    // A module of its own each: what one leaves behind goes with it.
    Mediafold: class extends Mediafold {
      constructor(options) {
        super(options?.definitions === undefined ? engineOf(module) : new Engine(module), options);
      }
    },
    MediafoldError,
    UnsignedError,
    TooLargeError,
    DefinitionError,
    LoadError,
    UsageError,
  };
}

const engines = new WeakMap();

function engineOf(module) {
  if (!engines.has(module)) engines.set(module, new Engine(module));
  return engines.get(module);
}

export { over };
