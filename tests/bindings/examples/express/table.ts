import type { Database } from "better-sqlite3";

export interface Row {
  fold: string;
  version: number;
}

/** What `step` and `merge` return, as far as it is stored. */
export interface Next {
  fold: string;
  changed: boolean;
  before: string;
  after: string;
}

export interface Table {
  read(entity: string, id: string): Row | undefined;
  /** Whether the row is as it was read; if not, nothing is written. */
  write(entity: string, id: string, row: Row | undefined, next: Next): boolean;
  lost: number;
}

export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS media (
    entity  TEXT NOT NULL,
    id      TEXT NOT NULL,
    status  TEXT NOT NULL,
    fold    TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (entity, id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS outbox (
    id     INTEGER PRIMARY KEY,
    entity TEXT NOT NULL,
    asset  TEXT NOT NULL,
    before TEXT NOT NULL,
    after  TEXT NOT NULL
  ) STRICT;
`;

export function table(database: Database): Table {
  const read = database.prepare<[string, string], Row>("SELECT fold, version FROM media WHERE entity = ? AND id = ?");
  const insert = database.prepare("INSERT INTO media (entity, id, status, fold, version) VALUES (?, ?, ?, ?, 1) ON CONFLICT DO NOTHING");
  const update = database.prepare(
    "UPDATE media SET status = ?, fold = ?, version = version + 1 WHERE entity = ? AND id = ? AND version = ?",
  );
  const announce = database.prepare("INSERT INTO outbox (entity, asset, before, after) VALUES (?, ?, ?, ?)");
  const write = database.transaction((entity: string, id: string, row: Row | undefined, next: Next): boolean => {
    const { changes } =
      row === undefined
        ? insert.run(entity, id, next.after, next.fold)
        : update.run(next.after, next.fold, entity, id, row.version);
    if (changes === 0) return false;
    // In the transaction of the row: both are there, or neither.
    if (next.changed) announce.run(entity, id, next.before, next.after);
    return true;
  });
  return {
    lost: 0,
    read: (entity, id) => read.get(entity, id),
    write(entity, id, row, next) {
      const written = write.immediate(entity, id, row, next);
      if (!written) this.lost += 1;
      return written;
    },
  };
}
