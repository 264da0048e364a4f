"""The rows of a fold."""

from __future__ import annotations

from typing import Any, Dict, Generic, Iterator, List, TypeVar

from . import _native
from ._json import loads
from ._values import Finding, LineFinding, asset

A = TypeVar("A", covariant=True)
"""All assets that there are."""


class Table(Generic[A]):
    """The assets of a fold, by entity and then id.

    polars, pandas, DuckDB and pyarrow read it by Arrow's C interface: `pl.DataFrame(table)`. Iterating gives assets,
    and `dicts` plain dicts as `mediafold fold` prints them.
    """

    def __init__(self, native: _native.Table) -> None:
        self._native = native
        about = loads(native.about)
        self.summaries: List[Dict[str, Any]] = about["summaries"]
        """Counts per provider; those of deliveries that no provider could be told for come last."""
        self.unreadable: List[Finding] = [LineFinding(**finding) for finding in about["unreadable"]]
        """The first hundred of the deliveries that could not be read."""

    def __len__(self) -> int:
        return len(self._native)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._native.__arrow_c_stream__(requested_schema)

    def dicts(self) -> List[Dict[str, Any]]:
        """The rows as plain dicts."""
        return list(self._dicts())

    def _dicts(self) -> Iterator[Dict[str, Any]]:
        for batch in range(self._native.batches):
            for row in self._native.rows(batch):
                if "data" in row:
                    row["data"] = loads(row["data"])
                yield row

    def __iter__(self) -> Iterator[A]:
        for row in self._dicts():
            row.pop("fold", None)
            row.setdefault("data", {})
            one: Any = asset(row)
            yield one

    def __repr__(self) -> str:
        return f"<mediafold.Table of {len(self)} assets>"
