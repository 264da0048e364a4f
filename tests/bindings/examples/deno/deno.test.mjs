import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { resolve } = createRequire(import.meta.url);

test("Deno finds its entry, and answers to the byte", { timeout: 60_000 }, () => {
  const arch = process.arch === "x64" ? "x64" : "arm64";
  const deno = resolve(`@deno/${process.platform}-${arch}${process.platform === "linux" ? "-glibc" : ""}/deno`);
  const words = ["run", "--no-remote", "--node-modules-dir=manual", "--allow-read", "--allow-env", join(here, "vectors.mjs")];
  const { status, stdout, stderr } = spawnSync(deno, words, { encoding: "utf8", env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" } });
  console.log(stdout.trim());
  assert.equal(status, 0, stderr);
});
