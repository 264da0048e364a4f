"""Folds the webhooks of video platforms into the one true state of each asset: whatever comes twice, late or out of order.

    from mediafold import receive, step

    for event in receive("mux", body, headers, secrets=secret).events:
        row = step(saved, event)        # `saved` is what `row.fold` was the last time, or None
        store(row.fold, row.after)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _native
from ._errors import DefinitionError, LoadError, MediafoldError, TooLargeError, UnsignedError, UsageError
from ._mediafold import Mediafold
from ._notebook import Diagram, History, Lifecycle
from ._sources import Bound
from ._table import Table
from ._values import (
    Answer,
    Asset,
    Audit,
    AuditedRow,
    Event,
    Finding,
    HistoryEntry,
    LineFinding,
    Parent,
    Reading,
    Rule,
    Severity,
    State,
    Stepped,
    Verdict,
)

if TYPE_CHECKING:
    from .types import MediaAsset as MediaAsset
    from .types import MediaEvent as MediaEvent

__version__ = _native.__version__

_builtin = Mediafold()
receive = _builtin.receive
unwrap = _builtin.unwrap
read = _builtin.read
step = _builtin.step
merge = _builtin.merge
asset = _builtin.asset
findings = _builtin.findings
history = _builtin.history
overdue = _builtin.overdue
fold = _builtin.fold
check = _builtin.check
audit = _builtin.audit
diagram = _builtin.diagram
lifecycle = _builtin.lifecycle
lifecycles = _builtin.lifecycles


def __getattr__(name: str) -> Any:
    # The types of all lifecycles are made when somebody asks for them.
    if name in ("MediaAsset", "MediaEvent"):
        from . import types

        return getattr(types, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Answer",
    "Asset",
    "Audit",
    "AuditedRow",
    "Bound",
    "DefinitionError",
    "Diagram",
    "Event",
    "Finding",
    "History",
    "HistoryEntry",
    "Lifecycle",
    "LineFinding",
    "LoadError",
    "MediaAsset",
    "MediaEvent",
    "Mediafold",
    "MediafoldError",
    "Parent",
    "Reading",
    "Rule",
    "Severity",
    "State",
    "Stepped",
    "Table",
    "TooLargeError",
    "UnsignedError",
    "UsageError",
    "Verdict",
    "asset",
    "audit",
    "check",
    "diagram",
    "findings",
    "fold",
    "history",
    "lifecycle",
    "lifecycles",
    "merge",
    "overdue",
    "read",
    "receive",
    "step",
    "unwrap",
]
