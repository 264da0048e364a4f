"""Does what a Containerfile says without a container engine: container.py CONTEXT ARCH FOLDER

What is copied is copied to FOLDER. What is run is printed as a command of a shell, which takes the port from
MEDIAFOLD_PORT. An instruction that is not known is an error: then this does not say what an engine would do.
"""

import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

context, arch, folder = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
user, environment, entrypoint, command = "0:0", {}, [], []
for line in (context / "Containerfile").read_text().splitlines():
    if not line.strip() or line.startswith("#"):
        continue
    word, rest = line.split(None, 1)
    match word:
        case "FROM":
            assert rest == "scratch", rest
            folder.mkdir()
        case "ARG":
            assert rest == "TARGETARCH", rest
        case "COPY":
            owner = re.search(r"--chown=(\d+):(\d+) ", rest)
            mode = re.search(r"--chmod=(\d+) ", rest)
            source, target = re.sub(r"--\S+ ", "", rest).replace("${TARGETARCH}", arch).split()
            source, target = context / source, folder / target.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
            os.chown(target, *(map(int, owner.groups()) if owner else (0, 0)))
            if mode:
                target.chmod(int(mode.group(1), 8))
        case "USER":
            user = rest
        case "ENV":
            environment.update(pair.split("=", 1) for pair in rest.split())
        case "ENTRYPOINT":
            entrypoint = json.loads(rest)
        case "CMD":
            command = json.loads(rest)
        case "VOLUME" | "EXPOSE" | "STOPSIGNAL" | "LABEL":
            pass
        case _:
            raise SystemExit(f"what does an engine do for {word}?")
assert environment["MEDIAFOLD_LISTEN"] == "0.0.0.0:8080", environment
environment["MEDIAFOLD_LISTEN"] = "127.0.0.1:"
variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
variables = variables.replace("MEDIAFOLD_LISTEN=127.0.0.1:", "MEDIAFOLD_LISTEN=127.0.0.1:$MEDIAFOLD_PORT")
run = shlex.join([*entrypoint, *command])
print(f"exec env -i {variables} {shutil.which('chroot')} --userspec={user} {shlex.quote(str(folder))} {run}")
