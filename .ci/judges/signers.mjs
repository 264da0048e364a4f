// The SDKs of providers sign random bodies; mediafold is to take each, and none with a bit changed. What mediafold signs,
// they are to take.
//   node .ci/judges/signers.mjs sign DIR    writes what the SDKs sign
//   node .ci/judges/signers.mjs judge DIR   reads what mediafold says of it
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const BODIES = 200;

const require = createRequire(resolve("target/judges/npm") + "/");
const load = (name) => import(require.resolve(name));
const version = (name) => JSON.parse(readFileSync(resolve(`target/judges/npm/node_modules/${name}/package.json`), "utf8")).version;
const { default: Mux } = await load("@mux/mux-node");
const { Webhook: Svix } = await load("svix");
const { Webhook: Standard } = await load("standardwebhooks");
const { default: Stripe } = await load("stripe");
const { default: twilio } = await load("twilio");
const octokit = await import(resolve("target/judges/npm/node_modules/@octokit/webhooks-methods/dist-node/index.js"));
const { AccessToken, WebhookReceiver } = await load("livekit-server-sdk");

const mux = new Mux({ tokenId: "id", tokenSecret: "none", webhookSecret: "none" });
const stripe = new Stripe("sk_test_none");
const random = generator(20);
const hmac = (header, rest) => `scheme = "hmac"\nheader = "${header}"\n${rest}`;
const timed = (header) => hmac(header, 'shape = "t={time},v1={hex}"\nsigns = "{time}.{body}"');
const url = "https://example.com/in/hooks?tenant=7";

/** Each: the package, `[signature]`, a secret, a body, what the SDK signs it with, and what it says of ours. */
const signers = [
  {
    sdk: "@mux/mux-node", definition: timed("Mux-Signature"), secret: text, body: json,
    sign: async ({ secret, body, at }) => ({ "mux-signature": `t=${at},v1=${await mux.webhooks.computeSignature(`${at}.${body}`, secret)}` }),
    takes: ({ secret, body }, headers) => mux.webhooks.verifySignature(body, headers, secret),
  },
  {
    sdk: "svix", definition: hmac("svix-signature", 'key = "base64"\nshape = "v1,{base64}"\nsigns = "{@svix-id}.{@svix-timestamp}.{body}"'), secret: whsec, body: json,
    sign: ({ secret, body, at, id }) => ({ "svix-id": id, "svix-timestamp": `${at}`, "svix-signature": new Svix(secret).sign(id, new Date(at * 1000), body) }),
    takes: ({ secret, body }, headers) => new Svix(secret).verify(body, headers),
  },
  {
    sdk: "standardwebhooks", definition: 'scheme = "standard-webhooks"', secret: whsec, body: json,
    sign: ({ secret, body, at, id }) => ({ "webhook-id": id, "webhook-timestamp": `${at}`, "webhook-signature": new Standard(secret).sign(id, new Date(at * 1000), body) }),
    takes: ({ secret, body }, headers) => new Standard(secret).verify(body, headers),
  },
  {
    sdk: "stripe", definition: timed("Stripe-Signature"), secret: text, body: json,
    sign: ({ secret, body, at }) => ({ "stripe-signature": stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: at }) }),
    takes: ({ secret, body }, headers) => stripe.webhooks.signature.verifyHeader(body, headers["stripe-signature"], secret),
  },
  {
    sdk: "twilio", definition: 'scheme = "twilio"\nheader = "X-Twilio-Signature"', secret: text, body: form,
    sign: ({ secret, body }) => ({ "x-twilio-signature": twilio.getExpectedTwilioSignature(secret, url, fields(body)) }),
    takes: ({ secret, body }, headers) => twilio.validateRequest(secret, headers["x-twilio-signature"], url, fields(body)),
  },
  {
    sdk: "twilio", definition: 'scheme = "twilio"\nheader = "X-Twilio-Signature"', secret: text, body: json,
    url: (body) => `${url}&bodySHA256=${createHash("sha256").update(body).digest("hex")}`,
    sign: ({ secret, url: own }) => ({ "x-twilio-signature": twilio.getExpectedTwilioSignature(secret, own, {}) }),
  },
  {
    sdk: "@octokit/webhooks-methods", definition: hmac("X-Hub-Signature-256", 'shape = "sha256={hex}"'), secret: text, body: json,
    sign: async ({ secret, body }) => ({ "x-hub-signature-256": await octokit.sign(secret, body) }),
    takes: ({ secret, body }, headers) => octokit.verify(secret, body, headers["x-hub-signature-256"]),
  },
  {
    sdk: "livekit-server-sdk", definition: 'scheme = "jwt"\nclaim = "sha256"\niss = "key"', secret: text, body: json,
    sign: async ({ secret, body }) => {
      const token = new AccessToken("key", secret, { ttl: 300 });
      token.sha256 = createHash("sha256").update(body).digest("base64");
      return { authorization: await token.toJwt() };
    },
    takes: ({ secret, body }, headers) => new WebhookReceiver("key", secret).receive(body, headers.authorization.replace("Bearer ", "")),
  },
];

/** The same numbers each time. */
function generator(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function letters(length) {
  return Array.from({ length }, () => "abcdefghijkmnpqrstuvwxyzABCDEFGH23456789"[random(40)]).join("");
}

function text() {
  return letters(32);
}

function whsec() {
  return `whsec_${Buffer.from(letters(24)).toString("base64")}`;
}

/** JSON that all SDKs read as an event: with letters of many scripts, and of up to some kilobytes. */
function json() {
  const title = ["é", "日本", "\u{1f600}", "\\", '"', "\n"][random(6)] + letters(random(random(8) ? 60 : 4000));
  return JSON.stringify({ id: letters(9), object: "event", event: "room_started", type: `video.${letters(5)}`, room: { name: title } }, null, random(2) * 2);
}

function form() {
  return Array.from({ length: 1 + random(8) }, (_, at) => `${letters(3)}${at}=${letters(random(40))}`).join("&");
}

function fields(body) {
  return Object.fromEntries(new URLSearchParams(body));
}

async function sign(folder) {
  const lines = [];
  const at = Math.floor(Date.now() / 1000);
  for (const [number, signer] of signers.entries()) {
    for (let count = 0; count < BODIES; count += 1) {
      const [secret, body, id] = [signer.secret(), signer.body(), `msg_${letters(12)}`];
      const own = signer.url?.(body) ?? url;
      const headers = await signer.sign({ secret, body, at, id, url: own });
      const bytes = Buffer.from(body);
      const bit = random(bytes.length * 8);
      lines.push(JSON.stringify({ number, definition: signer.definition, secret, url: own, id, at, headers, body: bytes.toString("base64"), bit }));
    }
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "signed.jsonl"), lines.join("\n"));
}

async function judge(folder) {
  const read = (name) => readFileSync(join(folder, name), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const [signed, verdicts] = [read("signed.jsonl"), read("verdicts.jsonl")];
  const counts = signers.map(() => ({ accepted: 0, refused: 0, taken: 0 }));
  for (const [at, line] of signed.entries()) {
    const [count, signer, verdict] = [counts[line.number], signers[line.number], verdicts[at]];
    count.accepted += verdict.accepted;
    count.refused += verdict.refused;
    const body = Buffer.from(line.body, "base64").toString();
    const answer = signer.takes && (await Promise.resolve().then(() => signer.takes({ ...line, body }, verdict.headers)).catch(() => false));
    count.taken += answer !== false;
  }
  for (const [at, { accepted, refused, taken }] of counts.entries()) {
    const { sdk, takes } = signers[at];
    const back = takes ? `, takes ${taken} of ours` : "";
    console.log(`${sdk} ${version(sdk)}: signed ${BODIES}, ${accepted} accepted; a bit changed in each, ${refused} refused${back}`);
    if ([accepted, refused, taken].some((count) => count !== BODIES)) process.exitCode = 1;
  }
}

const [step, folder] = process.argv.slice(2);
await { sign, judge }[step](folder);
