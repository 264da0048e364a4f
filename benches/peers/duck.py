"""DuckDB's side, exact: `duck.py fold|parse TABLE.json FILE OUT.tsv`. Needs the Python package duckdb.

Drops repeated ids, orders each asset's events by time and walks the table with list_reduce. A state and the number
of illegal events are one integer, which is the fastest way found. `parse` only reads the five fields.
"""
import json
import sys

import duckdb

job, table, path, out = sys.argv[1:5]
table = json.load(open(table))
width = table["width"]
ENTITIES = [entity["name"] for entity in table["entities"]]
POINTERS = {
    "fastpix/media": "coalesce(object, did)",
    "fastpix/live_stream": "coalesce(stream, object, did)",
    "fastpix/upload": "coalesce(upload, object, did)",
    "fastpix/track": "coalesce(track, did)",
    "fastpix/simulcast_target": "coalesce(simulcast, target, object, did)",
}


def sql_list(items):
    return "[" + ", ".join("'" + item + "'" if isinstance(item, str) else str(item) for item in items) + "]"


READ = f"""
SELECT type, id, object.id AS object, data.id AS did, data."streamId" AS stream, data."uploadId" AS upload,
    data."trackId" AS track, data."simulcastId" AS simulcast, data.simulcast."simulcastId" AS target, data.status AS status,
    coalesce("createdAt", created_at) AS moment
FROM read_json('{path}', format = 'newline_delimited', columns = {{
    type: 'VARCHAR', id: 'VARCHAR', object: 'STRUCT(id VARCHAR)', "createdAt": 'VARCHAR', created_at: 'VARCHAR',
    data: 'STRUCT(id VARCHAR, "streamId" VARCHAR, "uploadId" VARCHAR, "trackId" VARCHAR, "simulcastId" VARCHAR,
        simulcast STRUCT("simulcastId" VARCHAR), status VARCHAR)'}})"""

connection = duckdb.connect()
if job == "parse":
    sums = ", ".join(f"sum(length({name}))" for name in ("type", "id", "coalesce(object, did)", "status", "moment"))
    with open(out, "w") as file:
        print(*connection.execute(f"SELECT count(*), {sums} FROM ({READ})").fetchone(), sep="\t", file=file)
    sys.exit()

rows = ", ".join(
    f"('{code['type']}', {code['entity']}, {code['code']}, "
    f"MAP({sql_list(list(code['decided']))}::VARCHAR[], {sql_list(list(code['decided'].values()))}::INTEGER[]))"
    for code in table["codes"])
connection.execute("CREATE TEMP TABLE codes(type VARCHAR, entity INTEGER, code INTEGER, decided MAP(VARCHAR, INTEGER))")
connection.execute("INSERT INTO codes VALUES " + rows)
connection.execute(f"SET VARIABLE next = {sql_list(table['next'])}")
states = [state for entity in table["entities"]
          for state in entity["states"] + [""] * (width - len(entity["states"]))]
connection.execute(f"SET VARIABLE states = {sql_list(states)}")
connection.execute(f"SET VARIABLE entities = {sql_list(ENTITIES)}")
asset = " ".join(f"WHEN {number} THEN {POINTERS[name]}" for number, name in enumerate(ENTITIES))
connection.execute(f"""
COPY (
    WITH first AS (SELECT DISTINCT ON (id) * FROM ({READ})),
    events AS (
        SELECT entity, CASE entity {asset} END AS asset,
            coalesce(decided[status], code) AS code,
            CASE WHEN moment LIKE '%Z' THEN moment::TIMESTAMP_NS
                ELSE make_timestamp_ns(moment::BIGINT * 1000000) END AS moment
        FROM first JOIN codes USING (type)),
    assets AS (
        SELECT entity, asset, list(code ORDER BY moment) AS codes FROM events WHERE asset IS NOT NULL
        GROUP BY entity, asset),
    folded AS (
        SELECT entity, asset, list_reduce(codes, lambda past, code:
            CASE WHEN getvariable('next')[code * {width} + past % 64 + 1] < 0 THEN past + 64
            ELSE past - past % 64 + getvariable('next')[code * {width} + past % 64 + 1] END, 0) AS past
        FROM assets)
    SELECT getvariable('entities')[entity + 1], asset, getvariable('states')[entity * {width} + past % 64 + 1],
        past // 64
    FROM folded
) TO '{out}' (FORMAT csv, DELIMITER '\t', HEADER false)""")
