// The vectors that the Rust tests wrote: the module answers with the same bytes, and the package with the same values.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as mediafold from "mediafold";
import { bytesOf, held } from "./anywhere.mjs";
import { modulePath, vectorFiles, vectorsOf } from "./shared.mjs";

test("the module imports nothing", () => {
  for (const name of ["mediafold", "draw"]) {
    const bytes = readFileSync(modulePath(name));
    assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), []);
    assert.deepEqual(sections(bytes).filter((id) => id === 2), [], "an import section");
  }
});

/** The ids of the sections of a module, custom ones aside. */
function sections(bytes) {
  const found = [];
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (id !== 0) found.push(id);
    at += size;
  }
  return found;
}

for (const file of vectorFiles()) {
  const vectors = vectorsOf(file);
  for (const name of ["mediafold", "draw"]) {
    test(`${name}.wasm answers ${vectors.length} vectors of ${file} to the byte`, () => {
      assert.equal(held(new WebAssembly.Module(readFileSync(modulePath(name))), vectors), vectors.length);
    });
  }
  test(`the package answers ${file}`, () => {
    let asked = 0;
    for (const { request, answer, ...about } of vectors) {
      const wanted = told(answer);
      const ask = asking(JSON.parse(request), bytesOf(about));
      if (ask === undefined) continue;
      asked += 1;
      if (wanted.error === undefined) {
        assert.deepEqual(ask(), wanted.ok);
      } else {
        assert.throws(ask, (error) => error.name === wanted.error.type && error instanceof mediafold[error.name]);
      }
    }
    assert.ok(asked > 0 || file === "files.json");
  });
}

/** What an answer says, with the saved assets behind it in their places. */
function told(answer) {
  const [first, ...saved] = answer.split("\n");
  const wanted = JSON.parse(first);
  const owners = wanted.ok?.events instanceof Array ? wanted.ok.events : [wanted.ok].flat();
  saved.forEach((fold, at) => {
    owners[at].fold = fold;
  });
  return wanted;
}

const text = (bytes) => new TextDecoder().decode(bytes);

/** The same by the functions of the package; `undefined` for what they have no words for. */
function asking(request, body) {
  const { call, definitions, bound, provider, headers, url, method, now, secrets } = request;
  const end = (request.fold ?? 0) + (request.other ?? 0);
  if (definitions !== undefined || !(end >= 0 && end <= body.length)) return undefined;
  const fold = typeof request.fold === "number" ? text(body.subarray(0, request.fold)) : null;
  const other = typeof request.other === "number" ? text(body.subarray(request.fold ?? 0, end)) : null;
  const options = { ...(bound && { bound }), ...(provider !== undefined && { provider }), ...(headers && { headers }), ...(url && { url }) };
  switch (call) {
    case "unwrap":
      return now ? () => mediafold.unwrap(body, headers, { ...options, secrets, method, now, scheme: request.scheme }) : undefined;
    case "read":
      return () => mediafold.read(body, { ...options, ...(request.received_at && { receivedAt: request.received_at }) });
    case "step":
      return "fodl" in request ? undefined : () => mediafold.step(fold, other === null ? null : { fold: other }, options);
    case "merge":
      return () => mediafold.merge(fold, other);
    case "asset":
    case "findings":
    case "history":
      return () => mediafold[call](fold);
    case "overdue":
      return () => mediafold.overdue(fold, now);
    case "fold":
    case "check":
      return () => mediafold[call](body, options);
    case "diagram":
      return () => mediafold.diagram(request.entity, request.format, { fold });
    default:
      return undefined;
  }
}
