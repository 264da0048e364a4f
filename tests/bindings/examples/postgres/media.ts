// Postgres: the same table, the same compare-and-set.
import { merge, step, type MediaEvent } from "mediafold";

export interface Client {
  query<R>(text: string, values?: unknown[]): Promise<{ rows: R[]; rowCount: number | null }>;
}

export const SCHEMA = `
  CREATE TABLE media (
    entity  text NOT NULL,
    id      text NOT NULL,
    status  text NOT NULL,
    fold    text NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (entity, id)
  );
  CREATE TABLE outbox (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity text NOT NULL,
    asset  text NOT NULL,
    before text NOT NULL,
    after  text NOT NULL
  );
`;

// One statement: the row if it is as it was read, and with it what there is to announce.
const STORE = `
  WITH stored AS (
    INSERT INTO media AS m (entity, id, status, fold) VALUES ($1, $2, $3, $4)
    ON CONFLICT (entity, id) DO UPDATE SET status = $3, fold = $4, version = m.version + 1 WHERE m.version = $5
    RETURNING 1
  ), announced AS (
    INSERT INTO outbox (entity, asset, before, after) SELECT $1, $2, $6, $3 FROM stored WHERE $7
  )
  SELECT 1 FROM stored
`;

/** How often somebody else was there first. */
export async function store(client: Client, event: MediaEvent): Promise<number> {
  const key = [event.entity, event.id];
  const read = async () => {
    const { rows } = await client.query<{ fold: string; version: string }>("SELECT fold, version FROM media WHERE entity = $1 AND id = $2", key);
    return rows[0];
  };
  let row = await read();
  let next = step(row?.fold ?? null, event);
  for (let lost = 0; ; lost += 1) {
    const values = [...key, next.after, next.fold, row?.version ?? 0, next.before, next.changed];
    if ((await client.query(STORE, values)).rowCount === 1) return lost;
    row = await read();
    next = merge(row?.fold ?? null, next.fold);
  }
}
