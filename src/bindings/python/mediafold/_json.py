"""JSON of answers, whatever strangers wrote into it."""

from __future__ import annotations

import json
from typing import Any, Union


def _number(text: str) -> Union[int, float]:
    try:
        return int(text)
    except ValueError:
        # Python makes no integer of more than some thousand digits.
        return float(text)


def loads(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text, parse_int=_number)


def dumps(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
