"""FastAPI with SQLite: any number of processes write the same table, and none waits for another."""

from __future__ import annotations

import os
import sqlite3
from typing import Callable, Mapping, Optional, Tuple

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from mediafold import MediaEvent, Stepped, TooLargeError, UnsignedError, merge, receive, step

SCHEMA = """
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
"""

Row = Tuple[str, int]

app = FastAPI()


def pause() -> None:
    """What is waited for between a row that was read and its writing, so that tests can have writers meet."""


@app.post("/hooks/mux")
async def mux(request: Request) -> Response:
    # The bytes as they came: what is signed are those, and not what a parser makes of them.
    body = await request.body()
    return await run_in_threadpool(take, body, request.headers)


def take(body: bytes, headers: Mapping[str, str]) -> Response:
    try:
        told = receive("mux", body, headers, secrets=os.environ["MUX_SECRET"])
    except (UnsignedError, TooLargeError) as error:
        return Response(str(error), error.status)
    connection = connect()
    try:
        for event in told.events:
            store(connection, event, pause)
    finally:
        connection.close()
    return Response(status_code=204)


def connect() -> sqlite3.Connection:
    connection = sqlite3.connect(os.environ["DATABASE"], timeout=30, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(SCHEMA)
    return connection


def store(connection: sqlite3.Connection, event: MediaEvent, pause: Callable[[], None]) -> int:
    """Stores an event; how often somebody else was there first."""
    row, lost = read(connection, event), 0
    next: Stepped[str, str, str, str] = step(row[0] if row else None, event)
    pause()
    while not write(connection, event, row, next):
        # Somebody else wrote meanwhile: what they know is taken in, and what we know is not lost.
        row, lost = read(connection, event), lost + 1
        next = merge(row[0] if row else None, next.fold)
        pause()
    return lost


def read(connection: sqlite3.Connection, event: MediaEvent) -> Optional[Row]:
    rows = connection.execute("SELECT fold, version FROM media WHERE entity = ? AND id = ?", (event.entity, event.id))
    row: Optional[Row] = rows.fetchone()
    return row


def write(
    connection: sqlite3.Connection, event: MediaEvent, row: Optional[Row], next: Stepped[str, str, str, str]
) -> bool:
    """Writes the row if it is as it was read, and with it what there is to announce."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        if row is None:
            statement = "INSERT INTO media (status, fold, entity, id, version) VALUES (?, ?, ?, ?, 1) ON CONFLICT DO NOTHING"
            written = connection.execute(statement, (next.after, next.fold, event.entity, event.id))
        else:
            statement = "UPDATE media SET status = ?, fold = ?, version = version + 1 WHERE entity = ? AND id = ? AND version = ?"
            written = connection.execute(statement, (next.after, next.fold, event.entity, event.id, row[1]))
        if written.rowcount == 0:
            return False
        if next.changed:
            announced = (event.entity, event.id, next.before, next.after)
            connection.execute("INSERT INTO outbox (entity, asset, before, after) VALUES (?, ?, ?, ?)", announced)
    return True
