"""The vectors that the Rust tests wrote: the module answers with the same bytes, and the package with the same values."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Callable, Dict, Optional

import mediafold
import pytest
from mediafold import _native
from shared import DATA

FILES = sorted((DATA / "bindings").glob("*.json"))


def vectors(file: Any) -> Any:
    return json.loads(file.read_text())


def body_of(vector: Dict[str, str]) -> bytes:
    return bytes.fromhex(vector["body_hex"]) if "body_hex" in vector else vector.get("body", "").encode()


def test_there_are_vectors() -> None:
    assert len(FILES) >= 16


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_the_module_answers_to_the_byte(file: Any) -> None:
    engine, _ = _native.Engine.open(None)
    for vector in vectors(file):
        said = engine.call(vector["request"].encode(), body_of(vector))
        assert said == vector["answer"], vector["request"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_the_package_answers(file: Any) -> None:
    asked = 0
    for vector in vectors(file):
        wanted = told(vector["answer"])
        ask = asking(json.loads(vector["request"]), body_of(vector))
        if ask is None:
            continue
        asked += 1
        if "error" not in wanted:
            assert plain(ask()) == wanted["ok"], vector["request"]
            continue
        with pytest.raises(mediafold.MediafoldError) as error:
            ask()
        assert type(error.value).__name__ == wanted["error"]["type"]
        for name in ("reason", "status", "problems"):
            if name in wanted["error"]:
                assert getattr(error.value, name) == wanted["error"][name]
    assert asked > 0


def told(answer: str) -> Any:
    """What an answer says, with the saved assets behind it in their places."""
    first, *saved = answer.split("\n")
    wanted = json.loads(first)
    said = wanted.get("ok")
    events = said.get("events") if isinstance(said, dict) else said
    owners = events if isinstance(events, list) else [said]
    for owner, fold in zip(owners, saved):
        owner["fold"] = fold
    return wanted


def plain(value: Any) -> Any:
    """What JSON would have."""
    if isinstance(value, mediafold.Table):
        rows = value.dicts()
        return [{"fold": row.pop("fold"), "asset": row} for row in rows]
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, mediafold.LineFinding):
        finding = dataclasses.asdict(value)
        assert finding.pop("source") is None
        return finding
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return json.loads(json.dumps(dataclasses.asdict(value)))
    return value


def event(fold: Any) -> Any:
    """An event of this text."""
    return mediafold.Event("", "", None, "", None, None, None, None, None, None, fold)


def cut(body: bytes, fold: Optional[int], other: Optional[int]) -> Any:
    """The saved assets in a body."""
    rest = body if fold is None else body[fold:]
    return None if fold is None else body[:fold], None if other is None else rest[:other]


def asking(request: Any, body: bytes) -> Optional[Callable[[], Any]]:
    """The same by the functions of the package; `None` for what they have no words for."""
    if not isinstance(request, dict):
        return None
    call = request.pop("call", None)
    fold, other, bound = (request.pop(name, None) for name in ("fold", "other", "bound"))
    end = (fold or 0) + (other or 0)
    if "definitions" in request or "fodl" in request or not 0 <= end <= len(body):
        return None
    if fold is not None or other is not None:
        fold, other = (None if text is None else text.decode(errors="surrogateescape") for text in cut(body, fold, other))
    # Without `now` it is now.
    if call == "read" or (call == "unwrap" and request.get("now") is not None):
        return lambda: getattr(mediafold, call)(body, **request)
    if call == "step" and other is not None:
        return lambda: mediafold.step(fold, event(other), bound=bound, **request)
    if call == "merge" and other is not None:
        return lambda: mediafold.merge(fold, other)
    if call in ("asset", "findings", "history") and fold is not None:
        return lambda: getattr(mediafold, call)(fold)
    if call == "overdue" and fold is not None and "now" in request:
        return lambda: mediafold.overdue(fold, request["now"])
    if call == "fold":
        return lambda: mediafold.fold(body, saved=True, bound=bound, **request)
    if call == "check":
        return lambda: mediafold.check(body, **request)
    if call == "diagram":
        return lambda: mediafold.diagram(request.get("entity"), request.get("format", "mermaid"), fold=fold)
    return None
