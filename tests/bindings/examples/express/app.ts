// Express with SQLite: any number of processes write the same table, and none waits for another.
import express, { type Express } from "express";
import { UnsignedError, merge, step, unwrap, type MediaEvent } from "mediafold";
import type { Table } from "./table.js";

/** What is waited for between a row that was read and its writing, so that tests can have writers meet. */
export type Pause = () => Promise<void>;

export function app(table: Table, secrets: string, pause: Pause = async () => {}): Express {
  const app = express();
  // The bytes as they came: what is signed are those, and not what a parser makes of them.
  app.post("/hooks/mux", express.raw({ type: () => true, limit: "1mb" }), async (request, response) => {
    try {
      const { events } = unwrap(request.body, request.headers, { provider: "mux", secrets });
      for (const event of events) await store(table, event, pause);
      response.sendStatus(204);
    } catch (error) {
      if (!(error instanceof UnsignedError)) throw error;
      response.sendStatus(error.status);
    }
  });
  return app;
}

async function store(table: Table, event: MediaEvent, pause: Pause): Promise<void> {
  let row = table.read(event.entity, event.id);
  let next = step(row?.fold ?? null, event);
  await pause();
  while (!table.write(event.entity, event.id, row, next)) {
    // Somebody else wrote meanwhile: what they know is taken in, and what we know is not lost.
    row = table.read(event.entity, event.id);
    next = merge(row?.fold ?? null, next.fold);
    await pause();
  }
}
