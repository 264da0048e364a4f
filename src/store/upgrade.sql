-- From version 1 of the tables to version 2. Rows are not touched: those that there are have no digests until a rebuild.
ALTER TABLE deliveries ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN number INTEGER;
ALTER TABLE deliveries ADD COLUMN body_digest BLOB;
ALTER TABLE deliveries ADD COLUMN digest INTEGER;
CREATE INDEX deliveries_by_origin ON deliveries (origin, number) WHERE number IS NOT NULL;
CREATE TABLE stores (
    store INTEGER PRIMARY KEY,
    id    TEXT    NOT NULL UNIQUE
) STRICT;
INSERT INTO stores VALUES (0, lower(hex(randomblob(16))));
