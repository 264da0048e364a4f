-- From version 2 of the tables to version 3: what was received beside a body, and several events of one asset in one
-- delivery. The events are written anew, since their key is another one.
ALTER TABLE deliveries ADD COLUMN headers TEXT;
ALTER TABLE deliveries ADD COLUMN query TEXT;
ALTER TABLE findings ADD COLUMN item INTEGER NOT NULL DEFAULT 0;
ALTER TABLE findings ADD COLUMN repeats_item INTEGER NOT NULL DEFAULT 0;
CREATE TABLE events_now (
    asset        INTEGER NOT NULL,
    delivery     INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    verdict      TEXT    NOT NULL,
    state_before TEXT,
    state_after  TEXT,
    at           INTEGER,
    received_at  INTEGER,
    event_id     TEXT,
    status       TEXT,
    parent       TEXT,
    time_error   TEXT,
    content      INTEGER NOT NULL,
    data         TEXT,
    item         INTEGER NOT NULL,
    sequence     TEXT,
    branch       INTEGER NOT NULL,
    by_receipt   INTEGER NOT NULL,
    PRIMARY KEY (asset, delivery, item)
) STRICT;
INSERT INTO events_now SELECT *, 0, NULL, 0, 0 FROM events;
DROP TABLE events;
ALTER TABLE events_now RENAME TO events;
