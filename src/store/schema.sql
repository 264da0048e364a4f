-- The tables of a store. Times are nanoseconds since 1970, UTC. docs/store.md explains them, with queries.

-- What was received, as it came: the truth, from which all else follows.
CREATE TABLE deliveries (
    delivery     INTEGER PRIMARY KEY,  -- its number, in the order in which deliveries were committed
    source       TEXT    NOT NULL,     -- the source of the configuration that it came in by
    provider     TEXT    NOT NULL,     -- the provider whose definition reads it
    received_at  INTEGER NOT NULL,
    content_type TEXT,
    events       INTEGER NOT NULL,     -- how many events were read from it
    quarantine   TEXT,                 -- why no event could be read from it; NULL for all others
    body         BLOB,                 -- its bytes; a query for a GET; NULL once retention has removed them
    origin       INTEGER NOT NULL DEFAULT 0,  -- the row of `stores` it was stored in first; 0: this one
    number       INTEGER,              -- of an import: its number in the store it was stored in first
    body_digest  BLOB,                 -- XXH3-128 of the body as received; stays. NULL: stored by version 1
    digest       INTEGER,              -- XXH3-64 of the row but for body and events; NULL: stored by version 1
    headers      TEXT,                 -- those that definitions named when it came, a JSON object; NULL: none
    query        TEXT                  -- of the address's query the parameters that they named; NULL: none
) STRICT;
CREATE INDEX deliveries_in_quarantine ON deliveries (delivery) WHERE quarantine IS NOT NULL;
CREATE INDEX deliveries_by_origin ON deliveries (origin, number) WHERE number IS NOT NULL;

-- Stores, by a random id that each is given when it is made: 0 is this one, the others are where imports came from.
CREATE TABLE stores (
    store INTEGER PRIMARY KEY,
    id    TEXT    NOT NULL UNIQUE
) STRICT;
INSERT INTO stores VALUES (0, lower(hex(randomblob(16))));

-- Where each asset is.
CREATE TABLE assets (
    asset         INTEGER PRIMARY KEY,
    entity        TEXT    NOT NULL,    -- such as fastpix/media
    id            TEXT    NOT NULL,    -- the provider's id
    state         TEXT    NOT NULL,
    status        TEXT,                -- the provider's last word for where it is
    since         INTEGER,             -- when it came into the state
    at_rest       INTEGER NOT NULL,    -- 1: nothing more need happen
    at_end        INTEGER NOT NULL,    -- 1: nothing more may happen
    flags         TEXT    NOT NULL,    -- those that are set, each between spaces: ' recording '
    retries       INTEGER NOT NULL,
    parent_entity TEXT,
    parent        TEXT,                -- the id of the asset that it hangs on
    events        INTEGER NOT NULL,    -- distinct ones
    duplicates    INTEGER NOT NULL,
    late          INTEGER NOT NULL,
    errors        INTEGER NOT NULL,    -- findings by severity, duplicates, late events and overdue aside
    warnings      INTEGER NOT NULL,
    infos         INTEGER NOT NULL,
    heard_at      INTEGER NOT NULL,    -- when the last delivery of it was received
    due           INTEGER,             -- when it will have been in its state for longer than is normal
    overdue       INTEGER NOT NULL,    -- 1: that time has come
    data          TEXT    NOT NULL,    -- last known values, a JSON object
    UNIQUE (entity, id)
) STRICT;
CREATE INDEX assets_by_state ON assets (entity, state, since);
CREATE INDEX assets_by_due ON assets (overdue, due) WHERE due IS NOT NULL;

-- What was read from deliveries, by asset.
CREATE TABLE events (
    asset        INTEGER NOT NULL,
    delivery     INTEGER NOT NULL,
    kind         TEXT    NOT NULL,     -- the event's name
    verdict      TEXT    NOT NULL,     -- Moved Stayed Gap Illegal Unknown; Duplicate for copies, which have no states
    state_before TEXT,
    state_after  TEXT,
    at           INTEGER,              -- when it happened, by the provider's clock
    received_at  INTEGER,
    event_id     TEXT,                 -- the provider's id of the event
    status       TEXT,                 -- the provider's word
    parent       TEXT,
    time_error   TEXT,                 -- why the payload's time could not be used
    content      INTEGER NOT NULL,     -- a digest of the payload, delivery attempts aside
    data         TEXT,                 -- values that the definition keeps, a JSON object
    item         INTEGER NOT NULL,     -- the number of its payload in the delivery, from 1; 0: the only one
    sequence     TEXT,                 -- the provider's number that orders events of one time, in digits
    branch       INTEGER NOT NULL,     -- which `when` of its rows held, from 1; 0: none
    by_receipt   INTEGER NOT NULL,     -- 1: the definition takes the time of receipt where there is no other
    PRIMARY KEY (asset, delivery, item)
) STRICT;

-- What there is to say of the events as they now stand: a row goes when it no longer holds.
CREATE TABLE findings (
    finding  INTEGER PRIMARY KEY AUTOINCREMENT,
    asset    INTEGER,                  -- NULL for what is about no asset
    delivery INTEGER,                  -- what it is about; NULL where only time passed
    repeats  INTEGER,                  -- the delivery of the copy that counts, for one that conflicts with it
    code     TEXT    NOT NULL,         -- such as L101
    name     TEXT    NOT NULL,
    severity TEXT    NOT NULL,
    entity   TEXT,
    id       TEXT,
    event    TEXT,
    event_id TEXT,
    at       INTEGER,
    state    TEXT,
    allowed  TEXT    NOT NULL,         -- a JSON list of event kinds
    missing  TEXT    NOT NULL,         -- a JSON list of event kinds
    message  TEXT    NOT NULL,
    help     TEXT    NOT NULL,
    found_at INTEGER,                  -- when the delivery that brought it up was received
    item         INTEGER NOT NULL DEFAULT 0,  -- the number of the payload in the delivery, from 1; 0: the only one
    repeats_item INTEGER NOT NULL DEFAULT 0   -- the same for `repeats`
) STRICT;
CREATE INDEX findings_by_asset ON findings (asset, ifnull(repeats, delivery));
CREATE INDEX findings_by_code ON findings (code, finding);

-- Every change of a state, in the order in which it became known: what an application consumes.
CREATE TABLE changes (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    entity      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    from_state  TEXT    NOT NULL,
    to_state    TEXT    NOT NULL,
    at          INTEGER,               -- when the asset came into the state
    recorded_at INTEGER NOT NULL,      -- when the delivery that brought it about was received
    delivery    INTEGER,               -- NULL: a rebuild by other definitions
    cause       TEXT    NOT NULL       -- the kind of the event that came, or `rebuild`
) STRICT;

-- How many assets are in each state.
CREATE TABLE population (
    entity TEXT    NOT NULL,
    state  TEXT    NOT NULL,
    assets INTEGER NOT NULL,
    PRIMARY KEY (entity, state)
) STRICT, WITHOUT ROWID;

-- The definitions by which everything of a provider was judged, and those before them.
CREATE TABLE definitions (
    definition     INTEGER PRIMARY KEY,
    provider       TEXT    NOT NULL,
    fingerprint    TEXT    NOT NULL,
    first_delivery INTEGER NOT NULL,   -- the first delivery that came while they held
    current        INTEGER NOT NULL,   -- 1: they hold now
    text           TEXT    NOT NULL    -- the TOML
) STRICT;

-- How far retention went, by source.
CREATE TABLE retained (
    source   TEXT    PRIMARY KEY,
    delivery INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each target of the configuration has got with the changes that it is brought.
CREATE TABLE targets (
    name      TEXT    PRIMARY KEY,
    after     INTEGER NOT NULL,        -- every change up to this one has arrived, is outstanding, or is not for it
    paused    TEXT,                    -- why nothing is sent to it; NULL: it is sent to
    paused_at INTEGER,
    error     TEXT,                    -- why the last attempt that failed did
    revision  INTEGER NOT NULL         -- grows when it is resumed or moved: the server then begins from this row
) STRICT, WITHOUT ROWID;

-- Changes that a target got to and that are not known to have arrived.
CREATE TABLE outstanding (
    target    TEXT    NOT NULL,
    entity    TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    seq       INTEGER NOT NULL,
    failed_at INTEGER,                 -- when it failed first
    PRIMARY KEY (target, entity, id, seq)
) STRICT, WITHOUT ROWID;
