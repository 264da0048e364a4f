"""Graphviz reads and lays out what mediafold wrote for it, and must find all of it and nothing else there.

usage: python3 .ci/judges/graphviz.py DIR; DIR/index.json tells what each diagram has. `dot` is found by PATH.
"""

import json
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"
PROBLEMS_SHOWN = 12
LETTERS_MAX = 60
NODE = re.compile(r'^    (s\d+|notes) \[', re.M)
# Of edges that had no room: how they run is Graphviz's own affair.
NO_ROOM = "Warning: Unable to reclaim box space in spline routing for edge"
EDGE = re.compile(r'^    (s\d+ -> s\d+) \[', re.M)


def spaced(text):
    return " ".join(text.split())


def shown(name):
    """A name as a line that shows it: cut to what there is room for, and what is no letter replaced."""
    name = name[:LETTERS_MAX] + "…" if len(name) > LETTERS_MAX else name
    harmless = (letter if unicodedata.category(letter) not in ("Cc", "Cf", "Zl", "Zp") else "\ufffd" for letter in name)
    return spaced("".join(harmless))


def judge(picture):
    path = Path(picture["files"]["dot"])
    told = path.read_text(encoding="utf-8")
    ran = subprocess.run(["dot", "-Tsvg", str(path)], capture_output=True, timeout=60)
    nodes, edges = NODE.findall(told), EDGE.findall(told)
    said = ran.stderr.decode().splitlines()
    problems = [f"it says {line}" for line in said if not line.startswith(NO_ROOM)]
    if ran.returncode:
        problems.append(f"it ends with {ran.returncode}")
    try:
        root = ElementTree.fromstring(ran.stdout)
    except ElementTree.ParseError as error:
        return nodes, edges, [f"{path}: no SVG: {error}", *problems]

    groups = lambda kind: [own for own in root.iter(SVG + "g") if own.get("class") == kind]
    title = lambda own: own.find(SVG + "title").text
    texts = lambda own: [spaced(text.text or "") for text in own.iter(SVG + "text")]
    drawn = {title(own): texts(own) for own in groups("node")}
    if sorted(drawn) != sorted(nodes):
        problems.append(f"nodes {sorted(drawn)} are drawn of {sorted(nodes)}")
    if len(nodes) - ("notes" in nodes) != len(picture["states"]) + 1:
        problems.append(f"{len(nodes)} nodes for {len(picture['states']) + 1} states")
    lines = sorted(title(own).replace("->", " -> ") for own in groups("edge"))
    if lines != sorted(edges) or len(edges) != picture["edges"]:
        problems.append(f"{len(lines)} edges are drawn of {len(edges)} told and {picture['edges']} there are")
    for number, name in enumerate(picture["states"], 1):
        own = drawn.get(f"s{number}") or [""]
        if own[0] != shown(name):
            problems.append(f"state {name!r} is shown as {own}")
    heading = [text for own in groups("graph") for text in own.findall(SVG + "text")]
    if [spaced(own.text or "") for own in heading] != [shown(picture["title"])]:
        problems.append(f"title {picture['title']!r} is shown as {[own.text for own in heading]}")
    return nodes, edges, [f"{path}: {problem}" for problem in problems]


def main():
    pictures = json.loads((Path(sys.argv[1]) / "index.json").read_text(encoding="utf-8"))
    with ThreadPoolExecutor() as pool:
        judged = list(pool.map(judge, pictures))
    problems = [problem for _, _, own in judged for problem in own]
    print("\n".join(f"  {problem}" for problem in problems[:PROBLEMS_SHOWN]), end="\n" if problems else "")
    version = subprocess.run(["dot", "-V"], capture_output=True).stderr.decode().split("version ")[-1].strip()
    nodes, edges = (sum(len(own[at]) for own in judged) for at in (0, 1))
    result = f"{len(problems)} wrong" if problems else "nothing wrong"
    print(f"graphviz {version}: {len(judged)} diagrams, {nodes:,} nodes, {edges:,} edges, {result}")
    sys.exit(bool(problems) or not judged)


main()
