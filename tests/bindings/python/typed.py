"""Checked by `mypy --strict`, never run: what is to be right is, and each `type: ignore` stands where something is wrong.
One that is not needed is an error too."""

from __future__ import annotations

from typing import Any, List, Optional, Union

import mediafold
from mediafold import (
    DefinitionError,
    LoadError,
    MediaAsset,
    MediaEvent,
    Mediafold,
    UnsignedError,
    asset,
    check,
    diagram,
    fold,
    history,
    merge,
    read,
    receive,
    step,
)
from mediafold.types import MuxAssetFlag, MuxAssetKind, MuxAssetState


def handler(body: bytes, headers: List[Any], row: Optional[str]) -> int:
    try:
        told = receive("mux", body, headers, secrets=["a", "b"])
        if told.answer is not None:
            return told.answer.status
        for event in told.events:
            if event.entity == "mux/asset":
                kind: Optional[MuxAssetKind] = event.kind
                if kind == "video.asset.ready":
                    continue
                if event.kind == "video.asset.redy":  # type: ignore[comparison-overlap]
                    continue
                if event.kind == "video.live_stream.active":  # type: ignore[comparison-overlap]
                    continue
                stepped = step(row, event)
                print(stepped.asset.data["duration"], stepped.asset.data["duratoin"])  # type: ignore[index]
                if stepped.after == "ready" and stepped.changed:
                    continue
                if stepped.after == "redy":  # type: ignore[comparison-overlap]
                    continue
                if stepped.asset.state == "idle":  # type: ignore[comparison-overlap]
                    continue
                if stepped.asset.flags[0] == "redy":  # type: ignore[comparison-overlap]
                    continue
                state: MuxAssetState = stepped.before
                flags: List[MuxAssetFlag] = list(stepped.asset.flags)
                print(state, flags)
                while stepped.late:
                    stepped = merge(row, stepped.fold)
            next = step(row, event, bound={"events": 32, "age": "720h"})
            if next.after == "redy":  # type: ignore[comparison-overlap]
                continue
            keep(event)
            step(row, told)  # type: ignore[arg-type]
            step(row, event, bound={"evnets": 3})  # type: ignore[arg-type]
        if told.events[0].entity == "mux/aset":  # type: ignore[comparison-overlap]
            return 1
        return len(told.findings[0].message)
    except UnsignedError as error:
        return error.status
    except LoadError as error:
        return len(error.reason)
    except DefinitionError as error:
        return len(error.problems)


def keep(event: MediaEvent) -> MediaAsset:
    one = asset(step(None, event).fold)
    if one.entity == "fastpix/media":
        if one.state == "redy":  # type: ignore[comparison-overlap]
            return one
    return one


receive("mux", b"", {})  # type: ignore[call-arg]
read({"type": "video.asset.ready"})  # type: ignore[arg-type]
fold(7)  # type: ignore[arg-type]
svg: str = diagram("mux/asset", "svg")
times: List[Optional[str]] = [entry.at for entry in history("")]
lines: List[Optional[int]] = [finding.line for finding in check(b"")]
ids: List[str] = [one.id for one in fold("webhooks.jsonl")]
counts: Union[int, float] = mediafold.audit([("a", "ready")], b"").wrong
media: Mediafold[MediaEvent, MediaAsset] = Mediafold(definitions={"job.toml": ""})
state: str = media.asset("").state
for each in media.read(b"").events:
    if each.entity == "mux/asset" and each.kind == "video.asset.redy":  # type: ignore[comparison-overlap]
        pass
