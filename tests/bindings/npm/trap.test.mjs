// A module that fails is begun anew, and what it was told before is told again.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import binaryen from "binaryen";
import { modulePath } from "./shared.mjs";

const { over } = await import(pathToFileURL(join(dirname(modulePath("mediafold")), "core.js")));

/** It traps at every call whose request is of this length, and answers others. */
function trapping(length) {
  const answer = '{"ok":{"definitions":1}}';
  const text = `(module
    (memory (export "memory") 1)
    (data (i32.const 16) "\\${answer.length.toString(16).padStart(2, "0")}\\00\\00\\00${answer.replaceAll('"', '\\"')}")
    (func (export "alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "free") (param i32))
    (func (export "call") (param i32 i32 i32) (result i32)
      (if (i32.eq (local.get 1) (i32.const ${length})) (then (unreachable)))
      (i32.const 16)))`;
  return new WebAssembly.Module(binaryen.parseText(text).emitBinary());
}

test("a trap is an error, and the next call is answered", () => {
  const request = JSON.stringify({ call: "asset", fold: "boom".repeat(30).length });
  const { asset, Mediafold, MediafoldError } = over(trapping(request.length));
  for (let round = 0; round < 3; round += 1) {
    assert.throws(() => asset("boom".repeat(30)), (error) => error instanceof MediafoldError && error.cause instanceof WebAssembly.RuntimeError);
    assert.deepEqual(asset("fine"), { definitions: 1 });
  }
  const own = new Mediafold({ definitions: { "a.toml": "" } });
  assert.deepEqual(own.asset("fine"), { definitions: 1 });
});
