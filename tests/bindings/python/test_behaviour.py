"""What users meet: requests, rows, bad input."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import threading
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, List, Tuple

import mediafold
import pytest
from mediafold import (
    DefinitionError,
    LoadError,
    Mediafold,
    TooLargeError,
    UnsignedError,
    UsageError,
    asset,
    history,
    merge,
    read,
    receive,
    step,
)
from shared import SECRET, mux_body, mux_headers

ACME = 'provider = "acme"\n[envelope]\nkind = ["/t"]\nevent_id = []\ntime = []\n'
JOB = (
    'entity = "acme/job"\nid = ["/id"]\norder = "arrival"\n[states]\nopen = {}\ndone = { end = true }\n[events]\n'
    'open = { from = ["new"], to = "open" }\ndone = { from = ["open"], to = "done" }\n'
)


def events(*bodies: bytes) -> Any:
    return [event for body in bodies for event in read(body).events]


def test_a_request_is_verified_and_read() -> None:
    body = mux_body("ready", "a1", 7)
    told = receive("mux", body, mux_headers(body), secrets=["old-secret", SECRET])
    assert told.provider == "mux" and told.findings == [] and told.answer is None
    (event,) = told.events
    assert (event.entity, event.id, event.kind, event.at) == ("mux/asset", "a1", "video.asset.ready", "2026-03-02T09:00:07Z")
    assert event.received_at is not None
    # As frameworks have them: pairs of bytes, a stream, lists of values.
    pairs = [(name.lower().encode(), value.encode()) for name, value in mux_headers(body).items()]
    assert receive("mux", io.BytesIO(body), pairs, secrets=SECRET).events[0].id == "a1"
    lists = {name: [value] for name, value in mux_headers(body).items()}
    assert receive("mux", memoryview(body), lists, secrets=SECRET).events[0].id == "a1"


def test_what_is_not_signed_is_401() -> None:
    body = mux_body("ready", "a1", 7)
    for headers in ({}, mux_headers(body, "another"), mux_headers(body + b" ")):
        with pytest.raises(UnsignedError) as error:
            receive("mux", body, headers, secrets=SECRET)
        assert error.value.status == 401
    old = mux_headers(body, at=datetime.now(timezone.utc) - timedelta(hours=2))
    with pytest.raises(UnsignedError):
        receive("mux", body, old, secrets=SECRET)
    now = datetime.now(timezone.utc) - timedelta(hours=2)
    assert receive("mux", body, old, secrets=SECRET, now=now).events[0].id == "a1"


def test_a_long_body_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += min(size, 1000)
            return b" " * min(size, 1000)

    endless = Endless()
    with pytest.raises(TooLargeError) as error:
        receive("mux", endless, {}, secrets=SECRET, limit=10_000)
    assert error.value.status == 413 and endless.given == 10_001


def test_mistakes_of_the_caller_say_so() -> None:
    body = mux_body("ready", "a1", 7)
    event = events(body)[0]
    anything: Any = mediafold

    async def later() -> bytes:
        return body

    mistakes: List[Tuple[Callable[[], object], str]] = [
        (lambda: receive("mux", body, {}, secrets=""), "`secrets`"),
        (lambda: anything.receive("mux", body, {}, secrets=None), "`secrets`"),
        (lambda: receive("muxx", body, {}, secrets="a"), "no provider `muxx`; did you mean `mux`?"),
        (lambda: anything.receive("mux", later(), {}, secrets="a"), "await it"),
        (lambda: anything.receive("mux", json.loads(body), {}, secrets="a"), "a dict"),
        (lambda: anything.receive("mux", None, {}, secrets="a"), "None"),
        (lambda: anything.receive("mux", body, 7, secrets="a"), "`headers`"),
        (lambda: receive("mux", body, {}, secrets="a", now=datetime(2026, 3, 2)), "no zone"),
        (lambda: receive("mux", body, {}, secrets="a", now=float("nan")), "`now` is no time"),
        (lambda: receive("mux", body, {}, secrets="a", now="yesterday"), "`now` is no time"),
        (lambda: anything.step(None, read(body)), "one of its `events`"),
        (lambda: anything.step(None, event.fold), "no event"),
        (lambda: anything.step(asset(step(None, event).fold), event), "no saved asset"),
        (lambda: anything.step(None, event, bound=7), "`bound`"),
        (lambda: step(None, event, bound={"events": 0}), "`bound.events`"),
        (lambda: step(None, event, bound={"age": "soon"}), "`bound.age`"),
        (lambda: anything.asset(None), "no saved asset"),
        (lambda: mediafold.diagram("mux/aset"), "did you mean `mux/asset`?"),
        (lambda: anything.diagram(), "`entity` is missing"),
        (lambda: mediafold.lifecycle("mux/aset"), "did you mean `mux/asset`?"),
        (lambda: mediafold.diagram("mux/asset", "bmp"), "no format `bmp`"),
        (lambda: anything.Mediafold(definitions=["a"]), "`definitions`"),
        (lambda: anything.Mediafold(definitions={"a": 1}), "'a' is no text"),
        (lambda: mediafold.fold('{"a":1}'), "a path where it is text"),
        (lambda: anything.fold(7), "a int"),
        (lambda: anything.fold([7]), "delivery 1"),
        (lambda: mediafold.fold([], provider="muxx"), "did you mean `mux`?"),
        (lambda: mediafold.fold([], as_of="soon"), "`as_of`"),
        (lambda: mediafold.fold([], threads=0), "`threads`"),
    ]
    for mistake, said in mistakes:
        with pytest.raises(UsageError) as error:
            mistake()
        assert said in str(error.value), error.value


def test_bodies_of_any_bytes_are_findings() -> None:
    bodies: List[Any] = [b"", b"\xff\xfe", b"{", b'{"type":"video.asset.ready"}', b"[" * 100_000, b'{"type":' + b"[" * 100_000, "\ud800"]
    for body in bodies:
        told = read(body, provider="mux")
        assert told.events == [] and [finding.severity for finding in told.findings] == ["error"], body


def test_data_of_any_kind_is_read_or_a_finding() -> None:
    for data in ["9" * 10_000, "1e999", "-0.0", "9007199254740993", '"\\ud800"', "[" * 600 + "]" * 600, "[" * 20_000 + "]" * 20_000]:
        body = mux_body("ready", "a1", 7).replace(b"12.5", data.encode())
        told = read(body)
        for event in told.events:
            stepped = step(None, event)
            assert stepped.asset.state == "ready"
            assert mediafold.fold([body]).dicts()[0]["state"] == "ready"
        assert len(told.events) + len(told.findings) > 0
    body = mux_body("ready", "a1", 7).replace(b"12.5", b"9007199254740993")
    assert step(None, events(body)[0]).asset.data["duration"] == 9007199254740993


def test_saved_texts_of_any_kind_are_errors() -> None:
    event = events(mux_body("ready", "a1", 7))[0]
    other = events(mux_body("ready", "a2", 7))[0]
    row = step(None, event).fold
    for text, reason in [
        ("", "malformed"),
        (row[:-1], "malformed"),
        ("x" * 10_000_000, "malformed"),
        (row.replace('"mediafold":1', '"mediafold":2'), "other_version"),
        (row.replace("mux/asset", "mux/upload"), "other_entity"),
        (row.replace("mux/asset", "acme/job"), "other_entity"),
        (step(None, other).fold, "other_asset"),
    ]:
        with pytest.raises(LoadError) as error:
            step(text, event)
        assert error.value.reason == reason, text[:80]
    with pytest.raises(LoadError) as error:
        asset(row.replace("mux/asset", "acme/job"))
    assert error.value.reason == "unknown_entity"
    assert step(row, event).verdict == "Duplicate"


def test_a_row_is_stepped_merged_and_looked_at() -> None:
    created, ready, deleted = events(
        mux_body("created", "a1", 0), mux_body("ready", "a1", 7, resolution="1080p"), mux_body("deleted", "a1", 9)
    )
    one = step(None, created)
    assert (one.before, one.after, one.changed, one.verdict) == ("new", "preparing", True, "Moved")
    two = step(one.fold, ready)
    other = step(one.fold, deleted)
    both = merge(two.fold, other.fold)
    assert both.asset == merge(other.fold, two.fold).asset
    assert (both.before, both.after, both.changed) == ("ready", "deleted", True)
    assert asset(both.fold).state == "deleted" and mediafold.findings(both.fold) == []
    assert [(entry.kind, entry.after) for entry in history(both.fold)] == [
        ("video.asset.created", "preparing"),
        ("video.asset.ready", "ready"),
        ("video.asset.deleted", "deleted"),
    ]
    assert mediafold.overdue(one.fold, datetime(2026, 3, 2, 9, 1, tzinfo=timezone.utc)) is None
    late = mediafold.overdue(one.fold)
    assert late is not None and late.code == "L304"
    bounded = step(two.fold, deleted, bound={"events": 1, "age": timedelta(days=30)})
    assert len(history(bounded.fold)) == 1 and bounded.asset.events == 3
    assert dataclasses.asdict(bounded.asset)["parent"] is None


def test_users_own_definitions() -> None:
    media: Mediafold[Any, Any] = Mediafold(definitions={"provider.toml": ACME, "job.toml": JOB})
    (event,) = media.read(b'{"t":"open","id":"__class__"}').events
    assert media.step(None, event).after == "open"
    both: List[Any] = [b'{"t":"done","id":"j"}', {"t": "open", "id": "j"}]
    assert media.fold(both).dicts()[0]["entity"] == "acme/job"
    assert media.lifecycle("acme/job").states[1].name == "open"
    # The built-in ones are there too, and know nothing of it.
    assert media.read(mux_body("ready", "a1", 7)).events[0].entity == "mux/asset"
    assert read(b'{"t":"open","id":"j"}').events == []
    with pytest.raises(DefinitionError) as error:
        Mediafold(definitions={"job.toml": 'entity = "acme/job"\n'})
    assert [problem["path"] for problem in error.value.problems][0] == "job.toml"


def test_threads_share_everything() -> None:
    bodies = [mux_body(kind, f"a{number}", second) for number in range(50) for second, kind in enumerate(("created", "ready"))]
    headers = [mux_headers(body) for body in bodies]
    failed = []

    def work() -> None:
        try:
            rows: Any = {}
            for body, own in zip(bodies, headers):
                for event in receive("mux", body, own, secrets=SECRET).events:
                    rows[event.id] = step(rows.get(event.id), event).fold
            assert len(rows) == 50 and all(asset(row).state == "ready" for row in rows.values())
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_works_within_asyncio() -> None:
    async def go() -> str:
        body = mux_body("ready", "a1", 7)
        told = await asyncio.to_thread(receive, "mux", body, mux_headers(body), secrets=SECRET)
        return told.events[0].id

    assert asyncio.run(go()) == "a1"


def test_notebooks_show_what_there_is() -> None:
    hostile = "<script>alert(1)</script>"
    event = events(mux_body("ready", hostile, 7), mux_body("ready", "a1", 7).replace(b"asset.ready", b"asset.<b>&"))
    row = step(None, event[0])
    html = history(row.fold)._repr_html_()
    assert "<td" in html and "video.asset.ready" in html and "2026-03-02T09:00:07Z" in html
    html = history(step(None, event[1]).fold)._repr_html_()
    assert "<b>" not in html and "&lt;b&gt;" in html
    svg = mediafold.lifecycle("mux/asset")._repr_svg_()
    assert svg is not None and svg.startswith("<svg") and "preparing" in svg
    drawn = mediafold.diagram("mux/asset", "svg", fold=row.fold)
    assert drawn._repr_svg_() == drawn and drawn != svg and "<script>" not in drawn
    assert mediafold.diagram("mux/asset")._repr_svg_() is None
