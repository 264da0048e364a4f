"""Python's side: `handler.py WAY FILE TABLE.json OUT.tsv`; `wheel.py` runs it.

What people write, each reading with the standard library's `json`:
  last         the state that the last event by time leads to; it believes illegal events
  exact        sorts the events of each asset, leaves copies out, and steps by mediafold's own table
  transitions  the same order, each event fired at a machine of the package `transitions`
"""
import json
import sys
from datetime import datetime, timezone


def when(webhook):
    """Seconds since 1970, and the text beside it for what is finer than that."""
    time = webhook.get("createdAt") or webhook["created_at"]
    if isinstance(time, int):
        time = datetime.fromtimestamp(time / 1000, timezone.utc).isoformat()
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp(), time


def asset_of(entity, webhook):
    data = webhook.get("data") or {}
    outer = (webhook.get("object") or {}).get("id")
    if entity == "fastpix/media":
        return outer or data.get("id")
    if entity == "fastpix/live_stream":
        return data.get("streamId") or outer or data.get("id")
    if entity == "fastpix/upload":
        return data.get("uploadId") or outer or data.get("id")
    if entity == "fastpix/track":
        return data.get("trackId") or data.get("id")
    inner = (data.get("simulcast") or {}).get("simulcastId")
    return data.get("simulcastId") or inner or outer or data.get("id")


def webhooks(path):
    with open(path, "rb") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except ValueError:
                continue


def by_kind(table):
    kinds = {}
    for code in table["codes"]:
        kinds.setdefault(code["type"], []).append(code)
    return kinds


def last(path, table):
    """The state of each asset by the last event."""
    kinds, names, found = by_kind(table), [entity["name"] for entity in table["entities"]], {}
    for webhook in webhooks(path):
        for code in kinds.get(webhook.get("type"), ()):
            if code["to"] is None:
                continue
            entity = names[code["entity"]]
            key, at = (entity, asset_of(entity, webhook)), when(webhook)
            if key not in found or found[key][0] <= at:
                found[key] = at, code["to"]
    return ((entity, asset, state) for (entity, asset), (_, state) in found.items())


def histories(path, table):
    """The events of each asset in order, copies left out."""
    kinds, names, seen, assets = by_kind(table), [entity["name"] for entity in table["entities"]], set(), {}
    for webhook in webhooks(path):
        concerned = kinds.get(webhook.get("type"))
        if concerned is None or webhook["id"] in seen:
            continue
        seen.add(webhook["id"])
        at = when(webhook)
        for code in concerned:
            asset = asset_of(names[code["entity"]], webhook)
            if asset is None:
                continue
            decided = code["decided"].get((webhook.get("data") or {}).get("status"), code["code"])
            assets.setdefault((code["entity"], asset), []).append((at, decided))
    for (entity, asset), events in assets.items():
        events.sort(key=lambda event: event[0])
        yield entity, asset, events


def exact(path, table):
    """What `naive.rs` does."""
    following, width, entities = table["next"], table["width"], table["entities"]
    for entity, asset, events in histories(path, table):
        state = illegal = 0
        for _, code in events:
            then = following[code * width + state]
            if then < 0:
                illegal += 1
            else:
                state = then
        yield entities[entity]["name"], asset, entities[entity]["states"][state], illegal


def transitions(path, table):
    """A machine for each entity, which one model after another is the state of."""
    from transitions import Machine

    following, width, entities = table["next"], table["width"], table["entities"]

    class Model:
        state = None

    fire = []
    for number, entity in enumerate(entities):
        own = [code for code in table["codes"] if code["entity"] == number]
        codes = {number for code in own for number in (code["code"], *code["decided"].values())}
        steps = [
            {"trigger": f"e{code}", "source": source, "dest": entity["states"][following[code * width + at]]}
            for code in codes
            for at, source in enumerate(entity["states"])
            if following[code * width + at] >= 0
        ]
        model = Model()
        Machine(model, states=entity["states"], transitions=steps, initial="new", auto_transitions=False,
                ignore_invalid_triggers=True)
        fire.append((model, {code: getattr(model, f"e{code}") for code in codes if hasattr(model, f"e{code}")}))
    for entity, asset, events in histories(path, table):
        model, triggers = fire[entity]
        model.state, illegal = "new", 0
        for _, code in events:
            if code not in triggers or not triggers[code]():
                illegal += 1
        yield entities[entity]["name"], asset, model.state, illegal


def main():
    way, path, table, out = sys.argv[1:5]
    with open(table) as text:
        table = json.load(text)
    with open(out, "w", encoding="utf-8") as rows:
        for row in {"last": last, "exact": exact, "transitions": transitions}[way](path, table):
            rows.write("\t".join(map(str, row)) + "\n")


if __name__ == "__main__":
    main()
