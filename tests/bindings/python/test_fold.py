"""Whole files: the rows that the command prints, as dicts, as dataclasses and as Arrow."""

from __future__ import annotations

import dataclasses
import gzip
import importlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Iterator, List, Optional

import mediafold
import pytest
from mediafold import check, fold
from shared import DATA, SAMPLE, mux_body

TRAFFIC = Path(os.environ["MEDIAFOLD_TRAFFIC"])


def command(*words: Any) -> Any:
    """What the command prints, which the same checkout made."""
    words = (os.environ["MEDIAFOLD_COMMAND"], *map(str, words), "--format", "jsonl", "--fail-on", "never")
    told = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return [json.loads(line) for line in told.stdout.splitlines()]


def lines(path: Path) -> List[bytes]:
    return [line for line in path.read_bytes().split(b"\n") if line]


@pytest.mark.parametrize("path", [SAMPLE, TRAFFIC, DATA / "webhooks" / "fastpix.jsonl"], ids=lambda path: str(path.name))
def test_rows_are_those_of_the_command(path: Path) -> None:
    rows = command("fold", path)
    assert fold(path).dicts() == rows
    assert fold(str(path), threads=1).dicts() == rows
    assert fold(path.read_bytes()).dicts() == rows
    assert fold(path.open("rb")).dicts() == rows
    assert fold(lines(path)).dicts() == rows
    assert fold([path]).dicts() == rows
    saved = fold(path, saved=True, bound=False).dicts()
    assert [row.pop("fold")[:14] for row in saved] == ['{"mediafold":1'] * len(rows) and saved == rows
    assert [json.loads(json.dumps(dataclasses.asdict(asset))) for asset in fold(path)] == rows
    without = [{name: value for name, value in row.items() if name != "data"} for row in rows]
    assert fold(path, data=False).dicts() == without


def test_options_are_those_of_the_command() -> None:
    time = "2026-03-02T09:03:00Z"
    assert fold(SAMPLE, as_of=time).dicts() == command("fold", SAMPLE, "--as-of", time)
    assert fold(lines(SAMPLE), as_of=time).dicts() == command("fold", SAMPLE, "--as-of", time)
    assert fold(SAMPLE, follow=True).dicts() == command("fold", SAMPLE, "--policy", "follow")
    assert fold(SAMPLE, provider="mux").dicts() == command("fold", SAMPLE, "--provider", "mux")
    assert fold([SAMPLE, TRAFFIC]).dicts() == command("fold", SAMPLE, TRAFFIC)


def test_findings_are_those_of_the_command() -> None:
    for path in (SAMPLE, TRAFFIC):
        told = [dataclasses.asdict(finding) for finding in check(path)]
        wanted = command("check", path)
        assert len(told) == len(wanted) > 0
        for ours, theirs in zip(told, wanted):
            assert ours == {name: theirs[name] for name in ours}
        # Of what is broken a file says where it breaks off, since more might have followed.
        blank = [dataclasses.replace(finding, source=None, message="", help="") for finding in check(path)]
        assert [dataclasses.replace(finding, message="", help="") for finding in check(lines(path))] == blank


def test_compressed_files_are_read_by_what_they_are(tmp_path: Path) -> None:
    whole = fold(SAMPLE).dicts()
    packed = tmp_path / "webhooks.log"
    packed.write_bytes(gzip.compress(SAMPLE.read_bytes()))
    assert fold(packed).dicts() == whole
    assert fold(packed.read_bytes()).dicts() == whole
    assert fold(gzip.open(packed)).dicts() == whole
    cut = packed.read_bytes()[:-40]
    table = fold(cut)
    assert any("breaks off" in finding.message for finding in table.unreadable)
    assert any(finding.code == "P101" for finding in check(cut))


def test_what_cannot_be_read_is_told() -> None:
    table = fold(SAMPLE)
    (finding,) = table.unreadable
    assert (finding.code, finding.line, finding.source) == ("P101", 12, str(SAMPLE))  # type: ignore[attr-defined]
    (summary,) = [summary for summary in table.summaries if summary["provider"] == "mux"]
    assert summary["assets"] == len(table) == 4
    assert repr(table) == "<mediafold.Table of 4 assets>"
    assert len(fold([])) == 0 and fold([]).dicts() == [] and check([]) == []
    odd: List[Any] = [b"\xff", "", {"a": 1}]
    assert len(fold(odd).unreadable) == 3


def test_what_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        fold(tmp_path / "none.jsonl")
    assert error.value.filename == str(tmp_path / "none.jsonl")
    with pytest.raises(IsADirectoryError):
        fold(tmp_path)

    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ZeroDivisionError("by the stream")

    with pytest.raises(ZeroDivisionError, match="by the stream"):
        fold(Broken())

    def broken() -> Iterator[bytes]:
        yield mux_body("ready", "a1", 7)
        raise ZeroDivisionError("by the deliveries")

    with pytest.raises(ZeroDivisionError, match="by the deliveries"):
        fold(broken())


class TestArrow:
    """Whoever reads Arrow reads the rows."""

    rows = fold(TRAFFIC).dicts()
    states = [(row["entity"], row["id"], row["state"]) for row in rows]

    def test_pyarrow(self) -> None:
        pyarrow = importlib.import_module("pyarrow")
        table = pyarrow.table(fold(TRAFFIC))
        assert table.num_rows == len(self.rows) > 10 and table.validate(full=True) is None
        columns = zip(*(table[name].to_pylist() for name in ("entity", "id", "state")))
        assert list(columns) == self.states
        assert table["flags"].to_pylist() == [row["flags"] for row in self.rows]
        assert [json.loads(data) for data in table["data"].to_pylist()] == [row["data"] for row in self.rows]
        assert table.schema.field("since").type == pyarrow.timestamp("ns", "UTC")
        since = [None if at is None else int(at) for at in table["since"].cast("int64").to_pylist()]
        assert since[0] is not None and str(since[0]).startswith("17")
        assert "fold" in pyarrow.table(fold(TRAFFIC, saved=True)).column_names
        assert pyarrow.table(fold([])).num_rows == 0

    def test_polars(self) -> None:
        polars = importlib.import_module("polars")
        frame = polars.DataFrame(fold(TRAFFIC))
        assert frame.select("entity", "id", "state").rows() == self.states
        assert frame["errors"].sum() == sum(row["findings"]["error"] for row in self.rows)
        assert str(frame.schema["since"]) == "Datetime(time_unit='ns', time_zone='UTC')"

    def test_pandas(self) -> None:
        pandas = importlib.import_module("pandas")
        frame = pandas.DataFrame.from_arrow(fold(TRAFFIC))
        assert list(frame[["entity", "id", "state"]].itertuples(index=False, name=None)) == self.states
        assert list(frame["flags"].map(list)) == [row["flags"] for row in self.rows]

    def test_duckdb(self) -> None:
        duckdb = importlib.import_module("duckdb")
        table = fold(TRAFFIC)
        connection = duckdb.connect()
        connection.register("webhooks", table)
        told = connection.sql("SELECT entity, id, state FROM webhooks ORDER BY entity, id").fetchall()
        assert told == sorted(self.states)
        assert connection.sql("SELECT sum(events) FROM webhooks").fetchall() == [(sum(row["events"] for row in self.rows),)]

    def test_the_stream_may_be_asked_for_again(self) -> None:
        pyarrow = importlib.import_module("pyarrow")
        table = fold(TRAFFIC)
        stream = table.__arrow_c_stream__()
        del stream
        reader = pyarrow.RecordBatchReader.from_stream(table)
        del table
        assert reader.read_all().num_rows == len(self.rows)


def test_progress_is_told_and_may_end_it() -> None:
    told: List[Any] = []
    fold(SAMPLE, progress=lambda read, total: told.append((read, total)))
    size = SAMPLE.stat().st_size
    assert told[-1] == (size, size)
    packed = gzip.compress(SAMPLE.read_bytes())
    fold(packed, progress=lambda read, total: told.append((read, total)))
    assert told[-1] == (len(packed), len(packed))
    fold(lines(SAMPLE), progress=lambda read, total: told.append((read, total)))
    assert told[-1] == (sum(map(len, lines(SAMPLE))), None)

    def enough(read: int, total: Optional[int]) -> None:
        if read > 50_000_000:
            raise StopIteration("enough")

    began = time.monotonic()
    with pytest.raises(StopIteration, match="enough"):
        fold("/dev/zero", progress=enough)
    assert time.monotonic() - began < 20


def test_python_goes_on_meanwhile(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    bodies = [mux_body("created", f"a{number}", 0) for number in range(20_000)]

    def write() -> None:
        # Who writes is a thread of Python: it would wait for ever if the fold let nobody else go on.
        with pipe.open("wb") as out:
            for body in bodies:
                out.write(body + b"\n")

    thread = threading.Thread(target=write)
    thread.start()
    assert len(fold(pipe)) == len(bodies)
    thread.join()


@pytest.mark.parametrize(
    "source", ['"/dev/zero"', "endless()", "iter(lambda: b'{}', None)"], ids=["path", "stream", "deliveries"]
)
def test_ctrl_c_ends_a_long_fold(source: str) -> None:
    program = f"""
import io, sys, mediafold
class endless(io.RawIOBase):
    def read(self, size=-1):
        return b"{{}}\\n" * (size // 3)
print("begins", flush=True)
mediafold.fold({source})
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "begins\n"
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in told and "panicked" not in told, told
    assert time.monotonic() - began < 5


def test_a_table_is_audited() -> None:
    deliveries = [mux_body(kind, "a1", second) for second, kind in enumerate(("created", "ready", "deleted"))]
    deliveries += [mux_body(kind, "a2", second) for second, kind in enumerate(("created", "ready"))]
    late = [deliveries[2], deliveries[0], deliveries[1], *deliveries[3:]]
    rows = [{"id": "a1", "status": "ready"}, {"id": "a2", "status": "ready"}, {"id": "b1", "status": "ready"}]
    told = mediafold.audit(rows, late)
    assert (told.entity, told.rows, told.equal, told.wrong, told.unknown) == ("mux/asset", 3, 1, 1, 1)
    (wrong,) = [row for row in told.findings if row.verdict == "wrong"]
    assert (wrong.row, wrong.id, wrong.theirs, wrong.ours, wrong.why, wrong.line) == (1, "a1", "ready", "deleted", "late", 3)
    assert told.handler[0].rule == "last-to-arrive"
    words = {"in-flight": "preparing"}
    told = mediafold.audit([("a1", "in-flight"), ("a2", None)], b"\n".join(deliveries), words=words, entity="mux/asset")
    assert (told.wrong, told.unclear) == (1, 1)
    with pytest.raises(mediafold.UsageError, match="did you mean `mux/asset`?"):
        mediafold.audit(rows, late, entity="mux/aset")
    with pytest.raises(mediafold.UsageError, match="`words`"):
        mediafold.audit(rows, late, words={"a": "redy"})
    with pytest.raises(mediafold.UsageError, match="row 1"):
        mediafold.audit(rows, late, status="state")
