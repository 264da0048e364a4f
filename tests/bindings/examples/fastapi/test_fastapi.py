"""The server for real, and eight clients that send at the same time: its rows are the fold."""

from __future__ import annotations

import http.client
import os
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Generator, Iterator

import pytest
from rows import deliveries, rows_are_the_fold, sent_by_threads
from shared import SECRET, mux_headers

HERE = Path(__file__).parent
# Between reading and writing each request waits a little, so that writers of one row meet.
SERVE = """
import sys, time, uvicorn, app
app.pause = lambda: time.sleep(0.002)
uvicorn.run(app.app, port=int(sys.argv[1]), log_level="warning")
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    environment = {**os.environ, "MUX_SECRET": SECRET, "DATABASE": str(tmp_path / "media.db")}
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], cwd=HERE, env=environment)
    try:
        for _ in range(200):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def test_rows_are_the_fold(server: int, tmp_path: Path) -> None:
    def client() -> Generator[None, bytes, None]:
        connection = http.client.HTTPConnection("127.0.0.1", server, timeout=60)
        body = yield
        while True:
            connection.request("POST", "/hooks/mux", body, mux_headers(body))
            response = connection.getresponse()
            assert response.status == 204, response.read()
            response.read()
            body = yield

    sent_by_threads(client)
    database = sqlite3.connect(tmp_path / "media.db")
    rows = database.execute("SELECT entity, id, status, fold FROM media ORDER BY entity, id").fetchall()
    changes = database.execute("SELECT entity, asset, before, after FROM outbox ORDER BY id").fetchall()
    rows_are_the_fold(rows, changes)


def test_what_is_not_signed_is_not_stored(server: int, tmp_path: Path) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=60)
    body = deliveries()[0]
    for sent, headers, status in [
        (body, {}, 401),
        (body + b" ", mux_headers(body), 401),
        (b" " * (1 << 20) + body, mux_headers(body), 413),
    ]:
        connection.request("POST", "/hooks/mux", sent, headers)
        response = connection.getresponse()
        assert response.status == status, response.read()
        response.read()
    assert not (tmp_path / "media.db").exists()
