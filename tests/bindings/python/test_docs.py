"""What docs/python.md says is Python, and names what there is."""

from __future__ import annotations

import ast
import re

import mediafold
import mediafold.types
from shared import DATA

PAGE = (DATA.parents[1] / "docs" / "python.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_examples_are_python_and_import_what_there_is() -> None:
    imported = set()
    for block in BLOCKS:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module == "mediafold":
                imported |= {name.name for name in node.names}
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "mediafold":
                imported.add(node.attr)
    assert {"receive", "step", "merge", "fold", "Mediafold"} <= imported
    for name in imported:
        assert hasattr(mediafold, name), name


def test_errors_are_those_of_the_page() -> None:
    listed = set(re.findall(r"^\| `(\w+Error)`", PAGE, re.MULTILINE))
    defined = {name for name in mediafold.__all__ if name.endswith("Error")}
    assert listed == defined - {"MediafoldError"}


def test_all_that_is_exported_is_there() -> None:
    for name in mediafold.__all__:
        assert getattr(mediafold, name) is not None
    assert "mux/asset" in str(mediafold.types.MuxAssetEvent)
