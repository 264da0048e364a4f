"""What may be asked, by the built-in definitions or a user's own laid over them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable, Dict, Generic, Iterable, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union, overload

from . import _native
from ._errors import TooLargeError, UsageError, raised
from ._json import dumps, loads
from ._notebook import Diagram, History, Lifecycle
from ._sources import (
    Body,
    BoundLike,
    Headers,
    Path,
    Readable,
    Source,
    Time,
    awaited,
    body_of,
    bound_of,
    fold_of,
    limited,
    pairs_of,
    pieces,
    sources_of,
    time_of,
)
from ._table import Table
from ._values import (
    Asset,
    Audit,
    D,
    E,
    Event,
    F,
    Finding,
    HistoryEntry,
    K,
    LineFinding,
    Reading,
    S,
    Stepped,
    asset,
    audited,
    findings,
    reading,
    stepped,
)

if TYPE_CHECKING:
    from .types import MediaAsset, MediaEvent

M = TypeVar("M")
A = TypeVar("A")

Progress = Callable[[int, Optional[int]], object]
"""Is called now and then with the bytes that were read, and how many there are if that is known."""
Secrets = Union[str, Sequence[str]]

# The longest body that `receive` reads, in bytes.
LIMIT = 1 << 20


class Mediafold(Generic[M, A]):
    """The functions of this package, by `definitions` laid over the built-in ones: their names and texts.

    Make it once: it compiles what it is given. `M` and `A` are the events and assets that there are, of which
    `mediafold types --python` makes types.
    """

    @overload
    def __init__(self: Mediafold[MediaEvent, MediaAsset]) -> None: ...
    @overload
    def __init__(self: Mediafold[Any, Any], *, definitions: Mapping[str, str]) -> None: ...
    def __init__(self, *, definitions: Optional[Mapping[str, str]] = None) -> None:
        files = None
        if definitions is not None:
            if not isinstance(definitions, Mapping):
                raise UsageError("`definitions` are no definitions: give a mapping of their names to their texts")
            for name, text in definitions.items():
                if not isinstance(name, str) or not isinstance(text, str):
                    raise UsageError(f"the definition {name!r} is no text")
            files = dict(definitions)
        try:
            self._native, said = _native.Engine.open(files)
        except UnicodeEncodeError:
            raise UsageError("`definitions` are no text: they have half of a surrogate pair") from None
        _ok(said)

    def _call(self, request: Dict[str, Any], body: bytes = b"") -> Any:
        return self._ask(request, body)[0]

    def _ask(self, request: Dict[str, Any], body: bytes) -> Tuple[Any, List[str]]:
        """What is said, and the saved assets that belong to it."""
        definitions = self._native.definitions
        if definitions is not None:
            request["definitions"] = definitions
        said, *saved = self._native.call(dumps(request), body).split("\n")
        return _ok(said), saved

    def _look(self, request: Dict[str, Any], fold: Optional[str]) -> Any:
        """What is said of one saved asset, or of none."""
        if fold is None:
            return self._call(request)
        text = _bytes(fold)
        return self._call({**request, "fold": len(text)}, text)

    def _change(self, request: Dict[str, Any], fold: Optional[str], other: str) -> Stepped[Any, Any, Any, Any]:
        """What becomes of a saved asset, or of none, by another."""
        here, there = b"" if fold is None else _bytes(fold), _bytes(other)
        request["other"] = len(there)
        if fold is not None:
            request["fold"] = len(here)
        told, saved = self._ask(request, here + there)
        told["fold"] = saved[0]
        return stepped(told)

    def _read(self, request: Dict[str, Any], body: bytes) -> Reading[M]:
        """What was received, each event with what is saved of it."""
        told, saved = self._ask(request, body)
        for event, fold in zip(told["events"], saved):
            event["fold"] = fold
        return reading(told)

    def receive(
        self,
        provider: str,
        body: Union[Body, Readable],
        headers: Headers,
        *,
        secrets: Secrets,
        scheme: Optional[Mapping[str, str]] = None,
        tolerance: Optional[int] = None,
        url: Optional[str] = None,
        method: Optional[str] = None,
        verify_token: Optional[str] = None,
        now: Optional[Time] = None,
        received_at: Optional[Time] = None,
        limit: int = LIMIT,
    ) -> Reading[M]:
        """Verifies a request of this provider, and reads what it says. A body of more than `limit` bytes is refused."""
        whole = limited(body, limit)
        if len(whole) > limit:
            raise TooLargeError(f"a body of more than {limit} bytes")
        return self.unwrap(
            whole,
            headers,
            provider=provider,
            secrets=secrets,
            scheme=scheme,
            tolerance=tolerance,
            url=url,
            method=method,
            verify_token=verify_token,
            now=now,
            received_at=received_at,
        )

    def unwrap(
        self,
        body: Body,
        headers: Headers,
        *,
        provider: str,
        secrets: Secrets,
        scheme: Optional[Mapping[str, str]] = None,
        tolerance: Optional[int] = None,
        url: Optional[str] = None,
        method: Optional[str] = None,
        verify_token: Optional[str] = None,
        now: Optional[Time] = None,
        received_at: Optional[Time] = None,
    ) -> Reading[M]:
        """Verifies a body by its headers, and reads what it says."""
        if not isinstance(provider, str):
            raise UsageError("`provider` is missing: who sends here?")
        listed = [secrets] if isinstance(secrets, str) else secrets
        if not isinstance(listed, (list, tuple)) or not all(isinstance(it, str) and it for it in listed):
            raise UsageError(
                "`secrets` is to be the provider's secret, or a list of them; is the variable set that it comes from?"
            )
        request: Dict[str, Any] = {
            "call": "unwrap",
            "provider": provider,
            "secrets": list(listed),
            "headers": pairs_of(headers),
            "now": time_of(time.time() if now is None else now, "now"),
        }
        if scheme is not None:
            request["scheme"] = dict(scheme)
        for name, value in (("tolerance", tolerance), ("method", method), ("verify_token", verify_token)):
            if value is not None:
                request[name] = value
        if url is not None:
            request["url"] = str(url)
        if received_at is not None:
            request["received_at"] = time_of(received_at, "received_at")
        return self._read(request, body_of(body))

    def read(
        self,
        body: Body,
        *,
        provider: Optional[str] = None,
        headers: Optional[Headers] = None,
        url: Optional[str] = None,
        received_at: Optional[Time] = None,
    ) -> Reading[M]:
        """Reads a body that somebody else verified, or nobody."""
        request: Dict[str, Any] = {"call": "read"}
        if provider is not None:
            request["provider"] = provider
        if headers is not None:
            request["headers"] = pairs_of(headers)
        if url is not None:
            request["url"] = str(url)
        if received_at is not None:
            request["received_at"] = time_of(received_at, "received_at")
        return self._read(request, body_of(body))

    def step(
        self, fold: Optional[str], event: Event[E, K, S, F, D], *, bound: BoundLike = None, follow: bool = False
    ) -> Stepped[E, S, F, D]:
        """One event onto a row, or onto none. With `follow` a new asset believes illegal events."""
        awaited(event, "event")
        if isinstance(event, Reading):
            raise UsageError("`event` is all that a delivery said: give one of its `events`")
        if not isinstance(event, Event):
            raise UsageError("`event` is no event: give one of the `events` that `receive`, `unwrap` or `read` returned")
        request = {"call": "step", "bound": bound_of(bound), "follow": bool(follow)}
        return self._change(request, None if fold is None else fold_of(fold), event.fold)

    def merge(self, ours: Optional[str], theirs: str) -> Stepped[Any, Any, Any, Any]:
        """What `theirs` knows into `ours`, which is the row as it is stored."""
        ours = None if ours is None else fold_of(ours, "ours")
        return self._change({"call": "merge"}, ours, fold_of(theirs, "theirs"))

    def asset(self, fold: str) -> A:
        """The asset as it stands."""
        one: Any = asset(self._look({"call": "asset"}, fold_of(fold)))
        return one  # type: ignore[no-any-return]

    def findings(self, fold: str) -> List[Finding]:
        """Everything there is to say of its events."""
        return findings(self._look({"call": "findings"}, fold_of(fold)))

    def history(self, fold: str) -> History:
        """Its events as they happened."""
        return History(HistoryEntry(**one) for one in self._look({"call": "history"}, fold_of(fold)))

    def overdue(self, fold: str, now: Optional[Time] = None) -> Optional[Finding]:
        """Whether it has been in its state for longer than is normal."""
        at = time_of(time.time() if now is None else now, "now")
        said = self._look({"call": "overdue", "now": at}, fold_of(fold))
        return None if said is None else Finding(**said)

    def fold(
        self,
        source: Source,
        *,
        provider: Optional[str] = None,
        follow: bool = False,
        as_of: Optional[Time] = None,
        data: bool = True,
        saved: bool = False,
        bound: BoundLike = None,
        threads: Optional[int] = None,
        progress: Optional[Progress] = None,
    ) -> Table[A]:
        """The assets of all deliveries of a source.

        With `saved` there is a column `fold`, which is what `step` would have left: to begin a table of your own with.
        It takes one thread and more memory. `data=False` leaves the last known values out, which is quicker.
        """
        options = _options(provider, follow, as_of, threads, data=data)
        if saved:
            kept = bound_of(bound)
            options["saved"] = (kept["events"], kept["age"])
        sources = sources_of(source)
        if isinstance(sources, list):
            return Table(self._native.fold(sources, options, _told(progress)))
        return Table(self._fed(sources, options, progress).fold())

    def check(
        self,
        source: Source,
        *,
        provider: Optional[str] = None,
        follow: bool = False,
        as_of: Optional[Time] = None,
        threads: Optional[int] = None,
        progress: Optional[Progress] = None,
    ) -> List[LineFinding]:
        """The findings of all deliveries of a source."""
        options = {**_options(provider, follow, as_of, threads, data=False), "findings": True}
        sources = sources_of(source)
        if isinstance(sources, list):
            texts, _ = self._native.check(sources, options, _told(progress))
        else:
            texts, _ = self._fed(sources, options, progress).check()
        return [LineFinding(**finding) for text in texts for finding in loads(text)]

    def _fed(self, items: Iterable[object], options: Dict[str, Any], progress: Optional[Progress]) -> _native.Feed:
        tell = _told(progress)
        feed = self._native.feed(options)
        read = 0
        for piece in pieces(iter(items)):
            feed.push(piece)
            read += sum(map(len, piece))
            if tell is not None:
                tell(read, None)
        return feed

    def audit(
        self,
        rows: Iterable[Union[Mapping[str, Any], Sequence[Any]]],
        source: Source,
        *,
        entity: Optional[str] = None,
        id: str = "id",
        status: str = "status",
        at: Optional[str] = None,
        words: Optional[Mapping[str, str]] = None,
        provider: Optional[str] = None,
        follow: bool = False,
        as_of: Optional[Time] = None,
        progress: Optional[Progress] = None,
    ) -> Audit:
        """Holds a table of ids and statuses against the deliveries of a source, in the order in which they came.

        `rows` are mappings, whose members `id`, `status` and `at` name, or sequences of just these. `words` says which
        states the table's words mean.
        """
        given, bodies = sources_of(source), None
        sources: List[Any] = []
        if isinstance(given, list):
            sources = given
        else:
            bodies = [body for piece in pieces(given) for body in piece]
        judged = {
            "rows": [_row(row, number, (id, status, at)) for number, row in enumerate(rows, 1)],
            "entity": entity,
            "words": dict(words or {}),
            "bodies": bodies,
        }
        options = _options(provider, follow, as_of, None, data=False)
        return audited(loads(self._native.audit(judged, sources, options, _told(progress))))

    def diagram(self, entity: Optional[str] = None, format: str = "mermaid", *, fold: Optional[str] = None) -> Diagram:
        """A lifecycle as a diagram, or the way of one asset through it: mermaid, dot, svg, text, xstate or scxml."""
        fold = None if fold is None else fold_of(fold)
        if entity is None and fold is None:
            raise UsageError("`entity` is missing: what is to be drawn?")
        return Diagram(self._look({"call": "diagram", "entity": entity, "format": format}, fold), format)

    def lifecycles(self) -> List[Lifecycle]:
        """What lifecycles there are."""

        def made(said: Dict[str, Any]) -> Lifecycle:
            entity = said["entity"]
            return Lifecycle._made(said, lambda: str(self.diagram(entity, "svg")))

        return [made(said) for said in self._call({"call": "lifecycles"})]

    def lifecycle(self, entity: str) -> Lifecycle:
        """What there is of an entity."""
        for lifecycle in self.lifecycles():
            if lifecycle.entity == entity:
                return lifecycle
        self.diagram(entity)
        raise UsageError(f"there is no lifecycle `{entity}`")


def _bytes(fold: str) -> bytes:
    # Half of a surrogate pair is no row, and that is said of it.
    return fold.encode(errors="surrogatepass")


def _ok(said: str) -> Any:
    answer = loads(said)
    if "error" in answer:
        raise raised(answer["error"])
    return answer.get("ok")


def _told(progress: Optional[Progress]) -> Optional[Progress]:
    if progress is not None and not callable(progress):
        raise UsageError("`progress` is to be a function of the bytes that were read, and of all")
    return progress


def _options(
    provider: Optional[str], follow: bool, as_of: Optional[Time], threads: Optional[int], *, data: bool
) -> Dict[str, Any]:
    if threads is not None and not (isinstance(threads, int) and 0 < threads < 1 << 10):
        raise UsageError("`threads` is no number of threads")
    return {
        "provider": provider,
        "follow": bool(follow),
        "as_of": None if as_of is None else time_of(as_of, "as_of"),
        "data": bool(data),
        "saved": None,
        "threads": threads,
        "findings": False,
    }


def _row(row: object, number: int, names: Sequence[Optional[str]]) -> Any:
    try:
        if isinstance(row, Mapping):
            values = [None if name is None else row[name] for name in names]
        else:
            values = [*row, None, None][:3]  # type: ignore[misc]
    except (KeyError, TypeError) as error:
        raise UsageError(f"row {number} has no {error}: `id`, `status` and `at` name its members") from None
    id, status, at = values
    word = "" if status is None else str(status)
    return "" if id is None else str(id), word, None if at is None else time_of(at, f"at of row {number}")

