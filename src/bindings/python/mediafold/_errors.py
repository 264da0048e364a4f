"""What may go wrong, apart from what payloads say."""

from __future__ import annotations

from typing import Any, Dict, List


class MediafoldError(Exception):
    """What all errors of this package are."""


class UnsignedError(MediafoldError):
    """A request was not signed with any of the secrets: answer it with `status`."""

    status = 401


class TooLargeError(MediafoldError):
    """A body is longer than is read: answer it with `status`."""

    status = 413


class DefinitionError(MediafoldError):
    """Definitions cannot be used; `problems` says all that is wrong, by file and line."""

    problems: List[Dict[str, Any]] = []


class LoadError(MediafoldError, ValueError):
    """A text is not a saved asset, or not of the one that it should be of; `reason` says which."""

    reason: str = "malformed"


class UsageError(MediafoldError, ValueError):
    """The caller's own mistake."""


_ERRORS = {error.__name__: error for error in (UnsignedError, DefinitionError, LoadError, UsageError)}


def raised(said: Dict[str, Any]) -> MediafoldError:
    """The error that an answer tells of."""
    error = _ERRORS.get(said["type"], MediafoldError)(said["message"])
    if isinstance(error, LoadError):
        error.reason = said["reason"]
    if isinstance(error, DefinitionError):
        error.problems = said["problems"]
    return error
