"""What the tests have in common."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Optional

# `.ci/bindings/run` says where they are.
DATA = Path(os.environ["MEDIAFOLD_TESTS"]) / "data"
SAMPLE = DATA / "samples" / "mux.jsonl"
SECRET = "not-a-secret"


def mux_headers(body: bytes, secret: str = SECRET, at: Optional[datetime] = None) -> Dict[str, str]:
    """The headers that Mux sends with a body."""
    time = int((at or datetime.now(timezone.utc)).timestamp())
    signature = hmac.new(secret.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "Mux-Signature": f"t={time},v1={signature}"}


def mux_body(kind: str, asset: str, second: int, **more: Any) -> bytes:
    """A webhook of Mux about an asset."""
    at = datetime(2026, 3, 2, 9, tzinfo=timezone.utc) + timedelta(seconds=second)
    data = {"id": asset, "status": "preparing" if kind == "created" else kind, "duration": 12.5, **more}
    event = {
        "type": f"video.asset.{kind}",
        "id": f"{asset}-{kind}-{second}",
        "created_at": at.isoformat().replace("+00:00", "Z"),
        "environment": {"id": "k7", "name": "Production"},
        "object": {"type": "asset", "id": asset},
        "data": data,
    }
    return json.dumps(event).encode()
