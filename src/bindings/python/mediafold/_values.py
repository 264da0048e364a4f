"""What the functions give: dataclasses, which `dataclasses.asdict` makes plain dicts of, with the members of the JSON
that the command prints. Times are text as RFC 3339 has them, to the nanosecond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Generic, List, Literal, Optional, Sequence, Tuple, TypeVar

E = TypeVar("E", bound=str, covariant=True)
"""The entity."""
K = TypeVar("K", bound=str, covariant=True)
"""Its event kinds."""
S = TypeVar("S", bound=str, covariant=True)
"""Its states."""
F = TypeVar("F", bound=str, covariant=True)
"""Its flags."""
D = TypeVar("D", bound=str, covariant=True)
"""The names of its data."""
M = TypeVar("M", covariant=True)
"""All events that there are."""

Verdict = Literal["Moved", "Stayed", "Gap", "Illegal", "Duplicate", "Unknown"]
Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Parent:
    """The asset that another one hangs on."""

    entity: str
    id: str


@dataclass(frozen=True)
class Event(Generic[E, K, S, F, D]):
    """One fact about one asset; `entity` tells which kinds there are."""

    entity: E
    id: str
    """The asset's id."""
    kind: Optional[K]
    """The kind as the definition has it; `None` for one that it does not have."""
    name: str
    """The kind as it came."""
    event_id: Optional[str]
    at: Optional[str]
    """When it happened, by the provider's clock."""
    received_at: Optional[str]
    status: Optional[str]
    """The provider's word for where the asset is."""
    parent: Optional[Parent]
    item: Optional[int]
    """Its number in a delivery of several, from 1."""
    fold: str
    """The asset that knows this event alone."""


@dataclass(frozen=True)
class Asset(Generic[E, S, F, D]):
    """An asset as it stands; `entity` tells which states there are."""

    entity: E
    id: str
    state: S
    status: Optional[str]
    """The provider's last word for it, as it came."""
    since: Optional[str]
    rest: bool
    """Nothing more need happen."""
    end: bool
    """Nothing more may happen."""
    events: int
    duplicates: int
    late: int
    flags: Sequence[F]
    retries: int
    parent: Optional[Parent]
    findings: Dict[Severity, int]
    data: Dict[D, Any]
    """Last known values."""


@dataclass(frozen=True)
class Finding:
    """A coded remark; `mediafold explain CODE` says more."""

    code: str
    name: str
    severity: Severity
    entity: Optional[str]
    id: Optional[str]
    event: Optional[str]
    event_id: Optional[str]
    at: Optional[str]
    state: Optional[str]
    allowed: List[str]
    missing: List[str]
    message: str
    help: str
    item: Optional[int]


@dataclass(frozen=True)
class LineFinding(Finding):
    """A finding, and the delivery that it is about."""

    line: Optional[int]
    """Its line, or its number among those that were given one by one, from 1."""
    source: Optional[str]
    """The path of its file."""


@dataclass(frozen=True)
class Answer:
    """What the sender is to be told, where it only tests the address."""

    status: int
    headers: List[Tuple[str, str]]
    body: str
    visit: Optional[str]


@dataclass(frozen=True)
class Reading(Generic[M]):
    """What one delivery said."""

    provider: Optional[str]
    events: List[M]
    findings: List[Finding]
    """What could not be read."""
    answer: Optional[Answer]


@dataclass(frozen=True)
class Stepped(Generic[E, S, F, D]):
    """What became of a row. `before`, `after` and `changed` are relative to the row that was given."""

    fold: str
    """To be stored in place of what was given."""
    asset: Asset[E, S, F, D]
    verdict: Verdict
    changed: bool
    """The state is another than before: act upon it once, after this is stored."""
    before: S
    after: S
    late: bool
    findings: List[Finding]


@dataclass(frozen=True)
class HistoryEntry:
    """One event of an asset's history."""

    at: Optional[str]
    received_at: Optional[str]
    kind: Optional[str]
    name: str
    event_id: Optional[str]
    status: Optional[str]
    verdict: Verdict
    before: str
    after: str
    findings: List[str]
    """The names of what there is to say of it."""
    item: Optional[int]


@dataclass(frozen=True)
class State:
    """A state of a lifecycle."""

    name: str
    summary: str
    rest: bool
    end: bool
    error: bool
    dwell: Optional[int]
    """The longest time that is normal here, in seconds."""


@dataclass(frozen=True)
class AuditedRow:
    """A row of a table that is not right, or an asset that has none."""

    row: Optional[int]
    """Its number in the table, from 1."""
    verdict: Literal["wrong", "unknown", "missing", "unclear", "equal"]
    id: str
    word: Optional[str]
    """What the table says."""
    theirs: Optional[str]
    """The state that this means."""
    ours: Optional[str]
    """The state that is true."""
    since: Optional[str]
    at: Optional[str]
    why: Optional[str]
    """How a delivery explains it."""
    message: Optional[str]
    source: Optional[str]
    line: Optional[int]
    item: Optional[int]
    rules: List[str]
    """The rules of a handler that make the row as it is."""


@dataclass(frozen=True)
class Rule:
    """A rule of a handler, and how many of the wrong rows it makes as they are."""

    rule: str
    named: bool
    wrong: int
    more: int
    spoilt: int
    alike: List[str]
    summary: str


@dataclass(frozen=True)
class Audit:
    """A table that was held against deliveries."""

    entity: str
    rows: int
    equal: int
    wrong: int
    unknown: int
    missing: int
    missing_ended: int
    unclear: int
    repeated: int
    reasons: Dict[str, int]
    handler: List[Rule]
    compared: int
    unexplained: int
    strange_words: Dict[str, int]
    findings: List[AuditedRow]
    """The rows that are not right."""
    summaries: List[Dict[str, Any]]


def _parent(said: Optional[Dict[str, Any]]) -> Optional[Parent]:
    return None if said is None else Parent(**said)


def event(said: Dict[str, Any]) -> Event[Any, Any, Any, Any, Any]:
    said["parent"] = _parent(said["parent"])
    return Event(**said)


def asset(said: Dict[str, Any]) -> Asset[Any, Any, Any, Any]:
    said["parent"] = _parent(said["parent"])
    return Asset(**said)


def findings(said: List[Dict[str, Any]]) -> List[Finding]:
    return [Finding(**one) for one in said]


def stepped(said: Dict[str, Any]) -> Stepped[Any, Any, Any, Any]:
    said["asset"] = asset(said["asset"])
    said["findings"] = findings(said["findings"])
    return Stepped(**said)


def reading(said: Dict[str, Any]) -> Reading[Any]:
    answer = said["answer"]
    if answer is not None:
        answer["headers"] = [(name, value) for name, value in answer["headers"]]
        answer = Answer(**answer)
    events = [event(one) for one in said["events"]]
    return Reading(said["provider"], events, findings(said["findings"]), answer)


def audited(said: Dict[str, Any]) -> Audit:
    said["handler"] = [Rule(**rule) for rule in said["handler"]]
    said["findings"] = [AuditedRow(verdict=row.pop("is"), **row) for row in said["findings"]]
    return Audit(**said)
