"""What is in the command, from cargo: about.py package | sbom TARGET | notices TARGET

`package` is the metadata of Cargo.toml as JSON, `sbom` a CycloneDX document of the crates and the C that are compiled
into the program, `notices` the licences that they ask to be passed on. The same sources give the same bytes.
"""

import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cargo(*arguments):
    return subprocess.run(
        ["cargo", *arguments, "--locked"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def own():
    packages = json.loads(cargo("metadata", "--format-version=1", "--no-deps"))["packages"]
    return next(package for package in packages if package["name"] == "mediafold")


def package():
    keys = ["version", "description", "license", "keywords", "homepage", "documentation", "repository"]
    about = own()
    print(json.dumps({key: about[key] for key in keys}))


def crates(target):
    """Those that are compiled into the program, by name and version, each with what it depends on."""
    tree = cargo(
        "tree", "--package=mediafold", f"--target={target}", "--edges=normal,no-proc-macro", "--prefix=depth", "--no-dedupe"
    )
    metadata = json.loads(cargo("metadata", "--format-version=1", f"--filter-platform={target}"))
    known = {(package["name"], package["version"]): package for package in metadata["packages"]}
    needs, above = {}, []
    for line in tree.splitlines():
        depth, name, version = re.match(r"(\d+)(\S+) v(\S+)", line).groups()
        key = (name, version)
        needs.setdefault(key, set())
        del above[int(depth) :]
        if above:
            needs[above[-1]].add(key)
        above.append(key)
    return {key: (known[key], sorted(needs[key])) for key in sorted(needs)}


def compiled(found):
    """What no crate names: SQLite, mimalloc, the standard library, and what stands for the system's C library."""
    defined = lambda path, name: re.search(rf"#define\s+{name}\s+\"?([\w.]+)", path.read_text()).group(1)
    folders = {name: Path(about["manifest_path"]).parent for (name, _), (about, _) in found.items()}
    if folder := folders.get("libsqlite3-sys"):
        version = defined(folder / "sqlite3/sqlite3.h", "SQLITE_VERSION")
        yield "sqlite", version, "blessing", f"cpe:2.3:a:sqlite:sqlite:{version}:*:*:*:*:*:*:*"
    if folder := folders.get("libmimalloc-sys"):
        number = int(defined(folder / "c_src/mimalloc/v3/include/mimalloc.h", "MI_MALLOC_VERSION"))
        version = f"{number // 10000}.{number // 100 % 100}.{number % 100}"
        yield "mimalloc", version, "MIT", f"cpe:2.3:a:microsoft:mimalloc:{version}:*:*:*:*:*:*:*"
    version = re.search(r"release: (\S+)", subprocess.check_output(["rustc", "-vV"], text=True)).group(1)
    yield "rust", version, "MIT OR Apache-2.0", f"cpe:2.3:a:rust-lang:rust:{version}:*:*:*:*:*:*:*"
    version = defined(musl() / "src/internal/version.h", "VERSION")
    yield "musl", version, "MIT", f"cpe:2.3:a:musl-libc:musl:{version}:*:*:*:*:*:*:*"


def musl():
    """Its sources as Zig brings them."""
    import ziglang

    return Path(ziglang.__file__).parent / "lib/libc/musl"


def licence(about):
    # Cargo allowed a slash for OR once.
    return {"expression": about["license"].replace("/", " OR ")} if about["license"] else {"license": {"name": "see its files"}}


def sbom(target):
    found = crates(target)
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    sums = {(package["name"], package["version"]): package.get("checksum") for package in lock}
    ref = lambda key: f"pkg:cargo/{key[0]}@{key[1]}"
    components, dependencies = [], []
    extra = [f"pkg:generic/{name}@{version}" for name, version, *_ in compiled(found)]
    for key, (about, needs) in found.items():
        component = {
            "type": "application" if key[0] == "mediafold" else "library",
            "bom-ref": ref(key),
            "name": key[0],
            "version": key[1],
            "description": (about["description"] or "").strip(),
            "licenses": [licence(about)],
            "purl": ref(key),
        }
        if sums[key]:
            component["hashes"] = [{"alg": "SHA-256", "content": sums[key]}]
        if about["repository"]:
            component["externalReferences"] = [{"type": "vcs", "url": about["repository"]}]
        components.append(component)
        below = [ref(need) for need in needs] + (extra if key[0] == "mediafold" else [])
        dependencies.append({"ref": ref(key), "dependsOn": below})
    for name, version, terms, cpe in compiled(found):
        component = {"type": "library", "bom-ref": f"pkg:generic/{name}@{version}", "name": name, "version": version}
        components.append({**component, "licenses": [{"expression": terms}], "cpe": cpe, "purl": component["bom-ref"]})
        dependencies.append({"ref": component["bom-ref"]})
    command = next(it for it in components if it["name"] == "mediafold")
    components.remove(command)
    moment = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    content = json.dumps([target, components, dependencies])
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(hashlib.sha256(content.encode()).hexdigest()[:32], version=4)}",
        "version": 1,
        "metadata": {
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": command,
            "properties": [{"name": "mediafold:target", "value": target}],
        },
        "components": components,
        "dependencies": dependencies,
    }
    print(json.dumps(document, indent=1))


def notices(target):
    texts = {}
    for (name, version), (about, _) in crates(target).items():
        folder = Path(about["manifest_path"]).parent
        if not about["source"]:
            continue
        files = [it for it in folder.rglob("*") if re.match(r"(?i)(licen[cs]e|copying|notice|copyright)", it.name)]
        files = sorted(it for it in files if it.is_file() and it.suffix.lower() not in (".rs", ".py"))
        who = f"{name} {version} ({about['license'] or 'see below'})"
        if not files:
            texts.setdefault("It brings no file of its licence.\n", []).append(who)
        for file in files:
            text = file.read_text(errors="replace").replace("\r\n", "\n").strip() + "\n"
            named = texts.setdefault(text, [])
            if who not in named:
                named.append(who)
    texts.setdefault((musl() / "COPYRIGHT").read_text().strip() + "\n", []).append("musl (MIT)")
    print("The command is made of the following, each under the licence named beside it.")
    for text, who in texts.items():
        print("\n" + "=" * 80)
        print("\n".join(who) + "\n" + "-" * 80)
        print(text, end="")


{"package": package, "sbom": sbom, "notices": notices}[sys.argv[1]](*sys.argv[2:])
