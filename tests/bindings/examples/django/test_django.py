"""Django with SQLite and with Postgres: rows that eight threads write are the fold."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterator

import pytest
from rows import rows_are_the_fold
from shared import SECRET

HERE = Path(__file__).parent
SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin: int(bin.parent.name))


def rows_are_right(**database: str) -> None:
    environment: Dict[str, str] = {**os.environ, "MUX_SECRET": SECRET, **database}
    told = subprocess.run([sys.executable, "writers.py"], cwd=HERE, env=environment, stdout=subprocess.PIPE, timeout=240, check=True)
    said = json.loads(told.stdout)
    # Otherwise nobody met, and nothing was shown.
    assert said["lost"] > 0
    rows_are_the_fold(said["rows"], said["changes"])


def test_sqlite(tmp_path: Path) -> None:
    rows_are_right(DATABASE=str(tmp_path / "media.db"))


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own; it refuses to run as root."""
    bin, folder = SERVERS[-1], tmp_path_factory.mktemp("postgres")
    user = ["runuser", "-u", "postgres", "--"] if getpass.getuser() == "root" else []
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(0o777)
    data = folder / "data"
    initialise = [*user, str(bin / "initdb"), "-D", str(data), "--auth=trust", "--username=media", "--no-sync"]
    subprocess.run(initialise, stdout=subprocess.DEVNULL, check=True)
    serve = [*user, str(bin / "postgres"), "-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    process = subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            ready = [*user, str(bin / "pg_isready"), "-q", "-h", str(folder)]
            if subprocess.run(ready).returncode == 0:
                break
            assert process.poll() is None
            time.sleep(0.1)
        yield str(folder)
    finally:
        subprocess.run([*user, str(bin / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"], stdout=subprocess.DEVNULL)
        process.wait(20)


@pytest.mark.postgres
def test_postgres(postgres: str) -> None:
    rows_are_right(POSTGRES=postgres)
