"""python-statemachine runs the SCXML that mediafold wrote, and is to be where the fold was after every event.

usage: python3 .ci/judges/scxml.py DIR; python-statemachine itself is found by PYTHONPATH.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from importlib.metadata import version
from pathlib import Path

from statemachine.io.scxml.processor import SCXMLProcessor

# So many sequences of each machine: it does some thousand steps a second.
SEQUENCES = 40
DIFFERENCES_SHOWN = 10
SCXML = "{http://www.w3.org/2005/07/scxml}"
FOLD = "{urn:mediafold}"
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def places(text):
    """What the fold calls each state of the document, by its id."""
    found = {}
    for element in ElementTree.fromstring(text):
        assert element.tag in (SCXML + "state", SCXML + "final"), element.tag
        assert element.get("id") not in found, f"two states have the id {element.get('id')}"
        ended = element.tag == SCXML + "final"
        state, retries = element.get(FOLD + "state"), int(element.get(FOLD + "retries"))
        found[element.get("id")] = [state, retries, ended]
    return found


def judge(path, count):
    text = path.with_suffix(".scxml").read_text(encoding="utf-8")
    told = json.loads(path.read_text(encoding="utf-8"))
    known = places(text)
    processor = SCXMLProcessor()
    processor.parse_scxml(path.stem, text)
    count["machines"] += 1
    for run in told["runs"][:SEQUENCES]:
        count["sequences"] += 1
        machine = processor.start()
        for at, (event, place) in enumerate(run):
            machine.send(told["scxml"][event])
            count["steps"] += 1
            state, retries, ended = told["places"][place]
            wanted = [NOT_XML.sub("\ufffd", state), retries, ended]
            got = [known[state.id] for state in machine.configuration]
            if got != [wanted] or machine.is_terminated != ended:
                count["differences"] += 1
                if count["differences"] <= DIFFERENCES_SHOWN:
                    events = [told["scxml"][event] for event, _ in run[: at + 1]]
                    print(f"{path}: after {events} the fold is in {wanted}, SCXML in {got}")
                break


def main():
    count = {"machines": 0, "sequences": 0, "steps": 0, "differences": 0}
    for path in sorted(Path(sys.argv[1]).glob("*.runs")):
        judge(path, count)
    differ = f"{count['differences']:,} differ" if count["differences"] else "all equal"
    ran = f"{count['machines']} machines, {count['sequences']:,} sequences, {count['steps']:,} steps"
    print(f"python-statemachine {version('python-statemachine')}: {ran}, {differ}")
    sys.exit(bool(count["differences"]) or not count["steps"])


main()
