// A receiver that believes nothing but what the verifiers of Standard Webhooks and Svix take: a server brings it the changes
// of simulated traffic. While two secrets hold, whoever has one of them takes all.
//   node .ci/judges/targets.mjs MEDIAFOLD
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const ASSETS = 100;
const PATIENCE = 60_000;

const require = createRequire(resolve("target/judges/npm") + "/");
const { Webhook: Standard } = await import(require.resolve("standardwebhooks"));
const { Webhook: Svix } = await import(require.resolve("svix"));
const [mediafold] = process.argv.slice(2);
const secrets = [randomBytes(24), randomBytes(32)].map((key) => `whsec_${key.toString("base64")}`);
const verifiers = [Standard, Svix].flatMap((Webhook) => secrets.map((secret) => new Webhook(secret)));
const stranger = new Standard(`whsec_${randomBytes(24).toString("base64")}`);

let requests = 0;
const taken = new Map();
const wrong = [];
const receiver = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    requests += 1;
    const body = Buffer.concat(parts).toString();
    for (const verifier of verifiers) {
      try {
        verifier.verify(body, request.headers);
      } catch (error) {
        wrong.push(`${request.headers["webhook-id"]}: ${error.message}`);
      }
    }
    try {
      stranger.verify(body, request.headers);
      wrong.push(`${request.headers["webhook-id"]}: taken with a secret of nobody`);
    } catch { /* As it is to be. */ }
    // Every fifth is to come again, with the same id.
    const fine = requests % 5 !== 0;
    if (fine) taken.set(request.headers["webhook-id"], JSON.parse(body).seq);
    response.writeHead(fine ? 204 : 503).end();
  });
});
await new Promise((listening) => receiver.listen(0, "127.0.0.1", listening));

const folder = mkdtempSync(join(tmpdir(), "mediafold-targets-"));
const config = join(folder, "mediafold.toml");
const own = randomBytes(24).toString("base64");
writeFileSync(config, `listen = "127.0.0.1:0"
data = "mediafold.db"
token = "may ask"
[sources.fastpix]
provider = "fastpix"
secrets = [{ value = "${own}" }]
[targets.app]
url = "http://127.0.0.1:${receiver.address().port}/hook"
secrets = [${secrets.map((secret) => `{ value = "${secret}" }`).join(", ")}]
`);
const server = spawn(mediafold, ["serve", "--config", config], { stdio: ["ignore", "ignore", "pipe"] });
try {
  const address = await new Promise((listening, failed) => {
    createInterface({ input: server.stderr }).on("line", (line) => line.includes('"address"') && listening(JSON.parse(line).address));
    server.on("exit", failed);
  });
  const targets = async () => {
    const response = await fetch(`http://${address}/api/targets`, { headers: { Authorization: "Bearer may ask" } });
    return (await response.json()).items[0];
  };
  const until = async (holds) => {
    const end = Date.now() + PATIENCE;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`not within ${PATIENCE} ms: ${JSON.stringify(await targets())}`);
      await new Promise((later) => setTimeout(later, 100));
    }
  };
  await until(async () => (await targets())?.configured);
  const simulate = ["simulate", "fastpix", "--assets", `${ASSETS}`, "--duplicates", "5%", "--late", "5%"];
  execFileSync(mediafold, [...simulate, "--send", `http://${address}/in/fastpix`, "--secret", `fastpix=${own}`], { stdio: "ignore" });
  await until(async () => {
    const { outstanding, ahead, after } = await targets();
    return outstanding === 0 && ahead === 0 && after > ASSETS;
  });
  const { after } = await targets();
  if (wrong.length) throw new Error(`${wrong.length} wrong, the first: ${wrong[0]}`);
  if (taken.size !== after) throw new Error(`${taken.size} of ${after} changes were taken`);
  for (const [id, seq] of taken) if (id !== `chg_${seq}`) throw new Error(`${id} is change ${seq}`);
  console.log(`${requests} requests, ${taken.size} changes: each taken by standardwebhooks and svix, with either secret`);
} finally {
  server.kill();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true });
}
