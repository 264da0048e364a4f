"""What callers give, as the native part takes it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Iterable, Iterator, List, Literal, Mapping, Optional, Protocol, Tuple, TypedDict, Union

from ._errors import UsageError
from ._json import dumps

Body = Union[bytes, bytearray, memoryview, str]
"""A body as it came."""
Time = Union[datetime, float, str]
"""A datetime that has a zone, seconds since 1970, or RFC 3339."""


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes: ...


class SupportsItems(Protocol):
    """Names and values, such as the headers of a framework."""

    def items(self) -> Iterable[Tuple[Any, Any]]: ...


Headers = Union[SupportsItems, Iterable[Tuple[Any, Any]]]
Delivery = Union[Body, Mapping[str, Any]]
"""A body, or a recorded delivery `{"provider": …, "received_at": …, "body": …}`."""
Path = Union[str, "os.PathLike[str]"]
Source = Union[Path, bytes, bytearray, memoryview, Readable, Iterable[Delivery], Iterable["os.PathLike[str]"]]
"""A file by its path, several of them, bytes, a stream, or deliveries one by one."""


class Bound(TypedDict, total=False):
    """How much of its history a row keeps."""

    events: Optional[int]
    """64 unless it is said otherwise; `None` for all that fit."""
    age: Union[str, timedelta, None]
    """How much older than the newest an event may be, such as `"720h"`."""


BoundLike = Union[Bound, Literal[False], None]

# Deliveries are handed over some at a time.
_ITEMS = 512
_BYTES = 1 << 20


def body_of(body: object, name: str = "body") -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    awaited(body, name)
    raise UsageError(
        f"`{name}` is {_a(body)}: give it as it came, as bytes or text; what was parsed can no longer be verified"
    )


def limited(body: object, limit: int) -> bytes:
    """A body, of a stream at most one byte more than this many."""
    read = getattr(body, "read", None)
    if read is None:
        return body_of(body)
    parts: List[bytes] = []
    left = limit + 1
    while left > 0:
        part = body_of(read(left), "body.read()")
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def awaited(value: object, name: str) -> None:
    if hasattr(value, "__await__"):
        if hasattr(value, "close"):
            value.close()
        raise UsageError(f"`{name}` is a coroutine: await it")


def pairs_of(headers: object) -> List[Tuple[str, str]]:
    items = getattr(headers, "items", None)
    try:
        pairs: Iterable[Tuple[Any, Any]] = items() if items is not None else iter(headers)  # type: ignore[call-overload]
        return [(_text(name), _text(one)) for name, value in pairs for one in _each(value)]
    except (TypeError, ValueError):
        raise UsageError("`headers` are no headers: give a mapping, or pairs of names and values") from None


def _each(value: object) -> Iterable[object]:
    if value is None:
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def time_of(time: object, name: str) -> str:
    if isinstance(time, str):
        return time
    try:
        if isinstance(time, (int, float)) and not isinstance(time, bool):
            time = datetime.fromtimestamp(time, timezone.utc)
        if isinstance(time, datetime):
            if time.tzinfo is None:
                raise UsageError(f"`{name}` has no zone: give it one, such as `datetime.now(timezone.utc)`")
            return time.astimezone(timezone.utc).isoformat()
    except (OverflowError, OSError):
        pass
    except ValueError as error:
        if isinstance(error, UsageError):
            raise
    raise UsageError(f"`{name}` is no time: give a datetime, seconds since 1970 or RFC 3339")


def fold_of(fold: object, name: str = "fold") -> str:
    if isinstance(fold, str):
        return fold
    awaited(fold, name)
    raise UsageError(f"`{name}` is {_a(fold)}, and no saved asset: give the text that `step` returned")


def bound_of(bound: object) -> Dict[str, Any]:
    """The bound as requests have it."""
    if bound is None:
        return {"events": 64, "age": None}
    if bound is False:
        return {"events": None, "age": None}
    if not isinstance(bound, Mapping) or set(bound) - {"events", "age"}:
        raise UsageError('`bound` is no bound: give `False` or {"events": …, "age": …}')
    events, age = bound.get("events", 64), bound.get("age")
    if events is not None and not (isinstance(events, int) and 0 < events < 1 << 31):
        raise UsageError("`bound.events` is no number of events")
    if isinstance(age, timedelta):
        age = f"{max(0, int(age.total_seconds()))}s"
    if age is not None and not isinstance(age, str):
        raise UsageError("`bound.age` is no duration: give a timedelta or such as `720h`")
    return {"events": events, "age": age}


def sources_of(source: object) -> Union[List[Any], Iterator[object]]:
    """Sources that are read whole, or deliveries one by one."""
    if isinstance(source, str):
        if source.lstrip()[:1] in ("{", "["):
            raise UsageError("`source` is a path where it is text: give deliveries as bytes, or in a list")
        return [source]
    if isinstance(source, os.PathLike):
        return [os.fspath(source)]
    if isinstance(source, (bytes, bytearray, memoryview)):
        return [bytes(source)]
    if hasattr(source, "read"):
        return [source]
    awaited(source, "source")
    try:
        items = iter(source)  # type: ignore[call-overload]
    except TypeError:
        raise UsageError(f"`source` is {_a(source)}: give a path, bytes, a stream, or deliveries one by one") from None
    if isinstance(source, Mapping):
        raise UsageError("`source` is one delivery: give a list of them")
    first = next(items, None)
    if isinstance(first, os.PathLike):
        return [os.fspath(path) for path in _chained(first, items)]
    return _chained(first, items) if first is not None else iter(())


def _chained(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def pieces(items: Iterator[object]) -> Iterator[List[bytes]]:
    """Deliveries, some at a time."""
    piece: List[bytes] = []
    size = 0
    for number, item in enumerate(items, 1):
        if isinstance(item, Mapping):
            try:
                body = dumps(item)
            except (TypeError, ValueError) as error:
                raise UsageError(f"delivery {number} is no JSON: {error}") from None
        else:
            body = body_of(item, f"delivery {number}")
        piece.append(body)
        size += len(body)
        if len(piece) >= _ITEMS or size >= _BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _a(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
