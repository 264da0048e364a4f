"""How an asset's history and a lifecycle show themselves in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Callable, ClassVar, Dict, List

from ._values import HistoryEntry, State

_COLORS = {"Illegal": "#c0392b", "Unknown": "#b7791f", "Gap": "#b7791f", "Duplicate": "#777"}


class History(List[HistoryEntry]):
    """An asset's events as they happened."""

    def _repr_html_(self) -> str:
        head = "".join(f"<th style='text-align:left'>{name}</th>" for name in ("at", "event", "verdict", "state", "findings"))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, self))}</tbody></table>"


def _row(entry: HistoryEntry) -> str:
    state = entry.after if entry.before == entry.after else f"{entry.before} → {entry.after}"
    color = _COLORS.get(entry.verdict)
    style = f";color:{color}" if color else ""
    cells = (entry.at or "", entry.name, entry.verdict, state, ", ".join(entry.findings))
    return "<tr>" + "".join(f"<td style='text-align:left{style}'>{escape(cell)}</td>" for cell in cells) + "</tr>"


@dataclass(frozen=True)
class Lifecycle:
    """What there is of an entity."""

    entity: str
    title: str
    states: List[State]
    flags: List[str]
    kinds: List[str]

    _draw: ClassVar[Any] = None

    def _repr_svg_(self) -> str | None:
        return None if self._draw is None else str(self._draw())

    @classmethod
    def _made(cls, said: Dict[str, Any], draw: Callable[[], str]) -> Lifecycle:
        said["states"] = [State(**state) for state in said["states"]]
        made = cls(**said)
        object.__setattr__(made, "_draw", draw)
        return made


class Diagram(str):
    """A diagram as text of its format; one in SVG shows itself in a notebook."""

    _format: str

    def __new__(cls, text: str, format: str) -> Diagram:
        made = super().__new__(cls, text)
        made._format = format
        return made

    def _repr_svg_(self) -> str | None:
        return str(self) if self._format == "svg" else None
