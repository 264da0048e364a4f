"""Puts a wheel together whose one script is the command: wheel.py FOLDER TARGET PROGRAM NOTICES ABOUT LEVEL

The same files give the same bytes: names are sorted, and times are SOURCE_DATE_EPOCH.
"""

import base64
import hashlib
import json
import os
import sys
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def main(folder, target, program, notices, about, level):
    about = json.loads(about)
    version = about["version"]
    platform = json.loads((HERE / "platforms.json").read_text())[target]["wheel"]
    name = f"mediafold_cli-{version}"
    info = f"{name}.dist-info"
    licences = {
        "LICENSE-APACHE": ROOT / "LICENSE-APACHE",
        "LICENSE-MIT": ROOT / "LICENSE-MIT",
        "THIRD-PARTY.txt": Path(notices),
    }
    metadata = [
        "Metadata-Version: 2.4",
        "Name: mediafold-cli",
        f"Version: {version}",
        f"Summary: {about['description']}",
        f"License-Expression: {about['license']}",
        *(f"License-File: {file}" for file in sorted(licences)),
        f"Keywords: {','.join(about['keywords'])}",
        f"Project-URL: Homepage, {about['homepage']}",
        f"Project-URL: Documentation, {about['documentation']}",
        f"Project-URL: Repository, {about['repository']}",
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
        "",
        (HERE / "README.md").read_text(),
    ]
    tags = [f"Tag: py3-none-{one}" for one in platform.split(".")]
    wheel = ["Wheel-Version: 1.0", "Generator: mediafold", "Root-Is-Purelib: false", *tags, ""]
    files = {
        f"{name}.data/scripts/mediafold": Path(program).read_bytes(),
        f"{info}/METADATA": "\n".join(metadata).encode(),
        f"{info}/WHEEL": "\n".join(wheel).encode(),
        **{f"{info}/licenses/{file}": path.read_bytes() for file, path in licences.items()},
    }
    record = "".join(f"{path},sha256={digest(text)},{len(text)}\n" for path, text in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    # A zip knows no time before 1980.
    moment = max(int(os.environ["SOURCE_DATE_EPOCH"]), 315532800)
    moment = time.gmtime(moment)[:6]
    path = Path(folder) / f"{name}-py3-none-{platform}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, text in files.items():
            entry = zipfile.ZipInfo(entry, moment)
            entry.external_attr = (0o100755 if "/scripts/" in entry.filename else 0o100644) << 16
            entry.create_system = 3
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED, int(level))


def digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()


main(*sys.argv[1:])
