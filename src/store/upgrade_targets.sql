-- From version 3 of the tables to version 4: targets. Nothing that is there is touched.
CREATE TABLE targets (
    name      TEXT    PRIMARY KEY,
    after     INTEGER NOT NULL,
    paused    TEXT,
    paused_at INTEGER,
    error     TEXT,
    revision  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE outstanding (
    target    TEXT    NOT NULL,
    entity    TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    seq       INTEGER NOT NULL,
    failed_at INTEGER,
    PRIMARY KEY (target, entity, id, seq)
) STRICT, WITHOUT ROWID;
