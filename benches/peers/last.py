"""Polars' side, not exact: `last.py TABLE.json FILE OUT.tsv`. Needs the Python package polars.

The state that the last event by time leads to: what most people write. It believes illegal events.
"""
import json
import sys

import polars as pl

table, path, out = sys.argv[1:4]
table = json.load(open(table))
codes = pl.LazyFrame(
    [(code["type"], table["entities"][code["entity"]]["name"], code["to"]) for code in table["codes"] if code["to"]],
    schema=["type", "entity", "to"], orient="row")
IDS = ["id", "streamId", "uploadId", "trackId", "simulcastId"]
POINTERS = {
    "fastpix/media": ["object", "id"],
    "fastpix/live_stream": ["streamId", "object", "id"],
    "fastpix/upload": ["uploadId", "object", "id"],
    "fastpix/track": ["trackId", "id"],
    "fastpix/simulcast_target": ["simulcastId", "target", "object", "id"],
}
asset = pl.lit(None, dtype=pl.String)
for entity, pointers in POINTERS.items():
    asset = pl.when(pl.col("entity") == entity).then(pl.coalesce(pointers)).otherwise(asset)
events = pl.scan_ndjson(path, schema={
    "type": pl.String, "object": pl.Struct({"id": pl.String}), "createdAt": pl.String, "created_at": pl.String,
    "data": pl.Struct({name: pl.String for name in IDS} | {"simulcast": pl.Struct({"simulcastId": pl.String})})})
events = events.select(
    "type", pl.col("object").struct.field("id").alias("object"), *[pl.col("data").struct.field(name) for name in IDS],
    target=pl.col("data").struct.field("simulcast").struct.field("simulcastId"), at=pl.coalesce("createdAt", "created_at"))
events = events.join(codes, on="type").with_columns(asset=asset)
states = events.group_by("entity", "asset").agg(pl.col("to").sort_by("at").last())
states.sink_csv(out, separator="\t", include_header=False)
