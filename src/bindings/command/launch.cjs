#!/usr/bin/env node
// Runs the command that the package for this platform brings, as if it had been called itself.
"use strict";
const { spawn } = require("node:child_process");

const name = `@mediafold/cli-${process.platform}-${process.arch}`;

function program() {
  try {
    return require.resolve(`${name}/bin/mediafold`);
  } catch {
    const there = Object.keys(require("../package.json").optionalDependencies).join(", ");
    console.error(`mediafold: the package ${name} is not installed; there are ${there}.
Elsewhere, or where optional dependencies are left out: cargo install mediafold`);
    process.exit(2);
  }
}

const child = spawn(program(), process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // Ctrl-C reaches everybody in front of the terminal.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on("error", (error) => {
  console.error(`mediafold: ${error.message}`);
  process.exit(2);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
