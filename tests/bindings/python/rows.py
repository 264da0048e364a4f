"""What the examples are held to: rows that eight threads wrote are the fold of what was sent."""

from __future__ import annotations

import dataclasses
import os
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Sequence

import mediafold

THREADS = 8


def deliveries() -> List[bytes]:
    """Webhooks of Mux with all that goes wrong with them."""
    return [line for line in Path(os.environ["MEDIAFOLD_TRAFFIC"]).read_bytes().split(b"\n") if line]


def sent_by_threads(client: Callable[[], Any]) -> None:
    """Has eight threads send all deliveries, each every eighth, by a generator of its own that takes them in."""
    all_of_them, failed = deliveries(), []

    def work(turn: int) -> None:
        try:
            own = client()
            next(own)
            for body in all_of_them[turn::THREADS]:
                own.send(body)
            own.close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def rows_are_the_fold(rows: Sequence[Sequence[Any]], changes: Iterable[Sequence[Any]]) -> None:
    """Rows are entity, id, status and fold; changes are entity, asset, before and after, in their order."""
    whole = mediafold.fold(os.environ["MEDIAFOLD_TRAFFIC"]).dicts()
    assert [tuple(row[:2]) for row in rows] == [(row["entity"], row["id"]) for row in whole] and len(rows) > 20
    for (_, _, status, fold), wanted in zip(rows, whole):
        assert status == wanted["state"]
        assert told(dataclasses.asdict(mediafold.asset(fold))) == told(wanted)
    states: Dict[Any, str] = {}
    for entity, asset, before, after in changes:
        assert before == states.get((entity, asset), "new")
        states[entity, asset] = after
    for entity, id, status, _ in rows:
        assert states.get((entity, id), "new") == status


def told(row: Dict[str, Any]) -> Dict[str, Any]:
    """A row without what depends on who was first."""
    return {name: value for name, value in row.items() if name not in ("duplicates", "late")}
