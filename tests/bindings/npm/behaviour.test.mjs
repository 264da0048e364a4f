// What users meet: requests, rows, bad input, memory.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as mediafold from "mediafold";
import * as draw from "mediafold/draw";
import { SECRET, muxBody, muxHeaders, raw, sample } from "./shared.mjs";

const { DefinitionError, LoadError, Mediafold, MediafoldError, TooLargeError, UnsignedError, UsageError } = mediafold;
const { asset, check, diagram, findings, fold, history, merge, overdue, read, receive, step, unwrap } = mediafold;
const mux = { provider: "mux", secrets: SECRET };
const events = (kind, id, second, eventId) => read(muxBody(kind, id, second, eventId)).events;
const event = (...args) => events(...args)[0];

const ACME = `provider = "acme"\n[envelope]\nkind = ["/t"]\nevent_id = []\ntime = []\n`;
const JOB = `entity = "acme/job"\nid = ["/id"]\norder = "arrival"\n[states]\nopen = {}\ndone = { end = true }
[events]\nopen = { from = ["new"], to = "open" }\ndone = { from = ["open"], to = "done" }\n`;

const request = (body, headers = muxHeaders(body)) => new Request("https://app.example.com/hooks", { method: "POST", body, headers });

test("a Request becomes a row", async () => {
  const reading = await receive(request(muxBody("ready", "a1", 40)), mux);
  assert.deepEqual([reading.provider, reading.findings, reading.answer], ["mux", [], null]);
  const [told] = reading.events.filter(({ entity }) => entity === "mux/asset");
  assert.equal(told.kind, "video.asset.ready");
  let row = step(null, told);
  assert.deepEqual([row.asset.state, row.changed, row.before], ["ready", true, "new"]);
  row = step(row.fold, event("created", "a1", 10));
  assert.deepEqual([row.asset.state, row.changed, row.late], ["ready", false, true]);
  row = step(row.fold, told);
  assert.deepEqual([row.verdict, row.changed, asset(row.fold).duplicates], ["Duplicate", false, 1]);
  assert.deepEqual(history(row.fold).map(({ after }) => after), ["preparing", "ready"]);
  assert.deepEqual(findings(row.fold), []);
  assert.equal(overdue(row.fold), null);
});

test("a lost write is merged", () => {
  const stored = step(null, event("created", "a1", 10)).fold;
  const [ours, theirs] = [step(stored, event("ready", "a1", 40)).fold, step(stored, event("updated", "a1", 20)).fold];
  const merged = merge(ours, theirs);
  assert.deepEqual([merged.asset.events, merged.asset.state, merged.changed], [3, "ready", false]);
  assert.equal(merge(theirs, ours).changed, true);
  assert.equal(merge(null, ours).asset.state, "ready");
});

test("what is not signed is refused", async () => {
  const body = muxBody("ready", "a1", 40);
  const refused = { name: "UnsignedError", status: 401 };
  await assert.rejects(receive(request(body, {}), mux), refused);
  await assert.rejects(receive(request(`${body} `, muxHeaders(body)), mux), refused);
  await assert.rejects(receive(request(body, muxHeaders(body, Date.now() - 3_600_000)), mux), refused);
  assert.throws(() => unwrap(body, {}, mux), UnsignedError);
  assert.throws(() => unwrap(body, muxHeaders(body), { ...mux, secrets: ["another"] }), UnsignedError);
  for (const secrets of [undefined, "", [], [""], [undefined]]) {
    assert.throws(() => unwrap(body, muxHeaders(body), { ...mux, secrets }), UsageError);
  }
  assert.equal(unwrap(body, muxHeaders(body), { ...mux, secrets: ["another", SECRET] }).events.length, 1);
  assert.equal(unwrap(Buffer.from(body), new Headers(muxHeaders(body)), mux).events.length, 1);
  assert.equal(unwrap(body, { ...muxHeaders(body), accept: ["a", "b"], other: undefined }, mux).events.length, 1);
  const token = { provider: "vms", secrets: "t0ken", scheme: { scheme: "token", header: "x-token" } };
  const vms = sample("../payloads/vms/READY.json");
  assert.ok(unwrap(vms, { "x-token": "t0ken" }, token).provider === "vms");
  assert.throws(() => unwrap(vms, { "x-token": "token" }, token), UnsignedError);
});

test("a provider that tests the address is answered", async () => {
  const body = JSON.stringify({ event: "endpoint.url_validation", event_ts: Date.now(), payload: { plainToken: "qgPvLxe3Rk2dTn8mWs5bYa" } });
  const { createHmac } = await import("node:crypto");
  const time = String(Math.floor(Date.now() / 1000));
  const signature = `v0=${createHmac("sha256", SECRET).update(`v0:${time}:${body}`).digest("hex")}`;
  const headers = { "x-zm-request-timestamp": time, "x-zm-signature": signature };
  const { answer, events } = await receive(request(body, headers), { provider: "zoom", secrets: SECRET });
  assert.deepEqual(events, []);
  const told = await new Response(answer.body, answer).json();
  assert.equal(told.encryptedToken, createHmac("sha256", SECRET).update("qgPvLxe3Rk2dTn8mWs5bYa").digest("hex"));
});

test("bodies are read to a limit, and once", async () => {
  const large = "x".repeat(2 << 20);
  await assert.rejects(receive(request(large), mux), { name: "TooLargeError", status: 413 });
  await assert.rejects(receive(request(large), { ...mux, limit: 100 }), TooLargeError);
  const endless = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1 << 16)) });
  const streamed = new Request("https://app.example.com", { method: "POST", body: endless, duplex: "half" });
  await assert.rejects(receive(streamed, mux), TooLargeError);
  const read = request(muxBody("ready", "a1", 40));
  await read.text();
  await assert.rejects(receive(read, mux), UsageError);
  await assert.rejects(receive({ body: {} }, mux), UsageError);
});

test("bodies of any bytes are findings", () => {
  let seed = 1;
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 24;
  for (let round = 0; round < 300; round += 1) {
    const body = Uint8Array.from({ length: random() * 4 }, random);
    const { events, findings } = read(body);
    assert.ok(events.length + findings.length > 0);
  }
  for (const body of ["", "null", "[]", "{}", "[".repeat(100_000), '{"a":'.repeat(50_000), "\u0000", "\ud800", '{"type":1e400}']) {
    assert.ok(read(body).findings.length > 0, body.slice(0, 10));
  }
  const [{ code }] = read(" ".repeat(17 << 20)).findings;
  assert.equal(code, "P105");
  const ten = muxBody("ready", "a1", 40).replace("Production", "x".repeat(10 << 20));
  assert.equal(read(ten).events[0].id, "a1");
});

test("a text that is no row of the asset is a LoadError", () => {
  const { fold: row } = step(null, event("created", "a1", 10));
  const reasons = new Map([
    ["", "malformed"],
    [row.slice(0, -5), "malformed"],
    [row.slice(0, 30), "malformed"],
    ["null", "malformed"],
    ["[".repeat(100_000), "malformed"],
    ["\ud800", "malformed"],
    ["x".repeat(10 << 20), "malformed"],
    [row.replace("a1", "a2"), "other_asset"],
    [row.replace("mux/asset", "mux/upload"), "other_entity"],
    [row.replace("mux/asset", "__proto__"), "other_entity"],
    [row.replace(":1,", ":9007199254740993,"), "malformed"],
    [row.replace(":1,", ":7,"), "other_version"],
  ]);
  for (const [text, reason] of reasons) {
    assert.throws(() => step(text, event("ready", "a1", 40)), (error) => {
      assert.ok(error instanceof LoadError, `${error}`);
      assert.equal(error.reason, reason, `${error}`);
      return true;
    });
    assert.equal(asset(row).state, "preparing");
  }
  assert.throws(() => step(row, { fold: merge(row, step(row, event("ready", "a1", 40)).fold).fold }), { reason: "no_event" });
});

test("mistakes of the caller are said", () => {
  const row = step(null, event("created", "a1", 10)).fold;
  const wrong = [
    () => step(row, receive(request("{}"), mux).catch(() => {})),
    () => step(Promise.resolve(row), event("ready", "a1", 40)),
    () => step(row, read(muxBody("ready", "a1", 40))),
    () => step(row, undefined),
    () => step(7, event("ready", "a1", 40)),
    () => step(row, event("ready", "a1", 40), { bound: { events: 2 ** 53 } }),
    () => step(row, event("ready", "a1", 40), { bound: { age: "soon" } }),
    () => read({ type: "video.asset.ready" }),
    () => read(null),
    () => read(Promise.resolve("{}")),
    () => unwrap("{}", null, mux),
    () => unwrap("{}", {}, { secrets: SECRET }),
    () => unwrap("{}", {}, { ...mux, provider: "muxx" }),
    () => unwrap("{}", {}, { ...mux, now: new Date(NaN) }),
    () => overdue(row, 2 ** 60),
    () => overdue(row, 10n),
    () => overdue(row, "soon"),
    () => asset(undefined),
    () => diagram("mux/asset", "svg"),
    () => diagram("__proto__"),
    () => new Mediafold({ definitions: null }),
    () => new Mediafold({ definitions: { a: 1 } }),
  ];
  for (const ask of wrong) {
    assert.throws(ask, (error) => error instanceof UsageError && error.message.length > 10, String(ask));
    assert.equal(asset(row).state, "preparing");
  }
});

test("ids are only names", () => {
  for (const id of ["__proto__", "constructor", "toString", "9007199254740993", "\u0000", "💥", "x".repeat(1000)]) {
    const row = step(null, event("ready", id, 40));
    assert.equal(row.asset.id, id);
    assert.equal(asset(row.fold).id, id);
  }
  const body = muxBody("ready", "ID", 40).replace('"ID"', "9007199254740993").replace('"ID"', "9007199254740993");
  assert.equal(read(body).events[0].id, "9007199254740993");
  const proto = new Mediafold({ definitions: JSON.parse(JSON.stringify({ "p.toml": ACME, X: JOB }).replace('"X"', '"__proto__"')) });
  assert.equal(proto.read('{"t":"open","id":"j1"}').events[0].entity, "acme/job");
});

test("own definitions are laid over the built-in ones", () => {
  const own = new Mediafold({ definitions: { "provider.toml": ACME, "job.toml": JOB } });
  const [open] = own.read('{"t":"open","id":"j1"}').events;
  const row = own.step(null, open);
  assert.equal(row.asset.state, "open");
  assert.equal(own.asset(step(null, event("ready", "a1", 40)).fold).state, "ready");
  assert.throws(() => asset(row.fold), { name: "LoadError", reason: "unknown_entity" });
  assert.throws(() => new Mediafold({ definitions: { "job.toml": "entity = 1" } }), (error) => {
    assert.ok(error instanceof DefinitionError);
    assert.deepEqual([error.problems[0].path, error.problems[0].line], ["job.toml", 1]);
    return true;
  });
  // Its module is begun anew after much memory, and it knows its definitions still.
  own.fold(`${"x".repeat(1000)}\n`.repeat(60_000));
  assert.equal(own.asset(row.fold).state, "open");
});

test("files are folded and checked", () => {
  const rows = fold(sample("mux.jsonl"));
  assert.deepEqual(rows.map(({ asset }) => `${asset.id} ${asset.state}`), ["Lm02lamp9vB4 ready", "Qs01tide7xK2 deleted", "Ls05dawn3hJ7 idle", "Up04wave6nD1 asset_created"]);
  for (const { fold, asset: told } of rows) assert.deepEqual(asset(fold), told);
  const found = check(sample("mux.jsonl"));
  assert.ok(found.some(({ code, line }) => code === "L103" && line === 17));
});

test("lifecycles are drawn", () => {
  const row = step(null, event("ready", "a1", 40)).fold;
  assert.match(diagram("mux/asset"), /stateDiagram-v2/);
  assert.match(diagram("mux/asset", "dot", { fold: row }), /digraph/);
  assert.match(draw.diagram("mux/asset", "svg"), /^<svg/);
  assert.match(draw.diagram("mux/asset", "text", { fold: row }), /ready/);
  assert.equal(draw.step(null, event("ready", "a1", 40)).fold, row);
});

test("what is imported and what is required are one", () => {
  const required = createRequire(import.meta.url)("mediafold");
  assert.equal(required.UnsignedError, UnsignedError);
  assert.deepEqual(Object.keys(required).sort(), Object.keys(mediafold).filter((name) => name !== "default" && name !== "module.exports").sort());
});

test("rows are bounded", () => {
  let [row, whole] = [null, null];
  for (let second = 0; second < 200; second += 1) {
    const told = event(second === 0 ? "created" : "updated", "a1", second);
    row = step(row, told).fold;
    whole = step(whole, told, { bound: false }).fold;
  }
  const small = step(row, event("updated", "a1", 200), { bound: { events: 8 } });
  assert.deepEqual([history(row).length, history(whole).length, history(small.fold).length], [64, 200, 8]);
  assert.deepEqual([asset(row).state, asset(row).events], [asset(whole).state, 200]);
  assert.ok(findings(row).some(({ code }) => code === "L305"));
  assert.equal(step(row, event("updated", "a1", 150)).verdict, "Duplicate");
});

test("memory is bounded over a million calls, errors among them", () => {
  const call = raw("mediafold");
  const ask = (request, body = "") => call(JSON.stringify(request), Buffer.from(body)).split("\n");
  const [, one] = ask({ call: "read" }, muxBody("ready", "a1", 40));
  const bodies = [muxBody("ready", "a1", 40), "{", "\u0000", '{"type":"video.asset.nothing","data":{"id":"a1"}}'];
  const round = (number) => {
    ask({ call: "read" }, bodies[number % bodies.length]);
    const row = number % 3 === 0 ? one.slice(0, number % one.length) : one;
    ask({ call: "step", fold: row.length, other: one.length }, row + one);
    const secrets = [`s${number}`];
    ask({ call: "unwrap", provider: "mux", secrets, now: "2026-03-02T12:00:00Z", headers: [["mux-signature", `t=${number},v1=00`]] }, bodies[0]);
    if (number % 1000 === 0) ask({ call: "open", files: { "a.toml": "entity = 1" } });
  };
  for (let number = 0; number < 2_000; number += 1) round(number);
  const before = call.memory.buffer.byteLength;
  for (let number = 0; number < 334_000; number += 1) round(number);
  const after = call.memory.buffer.byteLength;
  console.log(`memory: ${before >> 10} KiB before a million calls, ${after >> 10} KiB after them`);
  assert.ok(after <= before + (1 << 20), `${before} to ${after}`);
});
