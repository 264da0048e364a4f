// One of several processes that write the same table: `node writer.mjs DATABASE SECRET`; it says its port.
import { setTimeout } from "node:timers/promises";
import Database from "better-sqlite3";
import { app, table } from "./made.mjs";

const [path, secret] = process.argv.slice(2);
const database = new Database(path, { timeout: 20_000 });
const media = table(database);
const pause = () => setTimeout(Math.random() * 10);
const server = app(media, secret, pause).listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("message", () => process.send({ lost: media.lost }));
