"""Compares mediafold with what one would take instead: `python3 benches/peers/compare.py [FILE]`.

Needs cargo and Python 3.10 or later with venv; DuckDB and polars are installed by pip into a virtual environment in
cargo's target folder; jq, which only `--slow` runs, must be there (Debian: `apt-get install jq`). FILE is any NDJSON of
FastPix; without it `mediafold simulate` writes one. Prints a Markdown table.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = ["duckdb", "polars"]


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def built(*arguments):
    """Builds with cargo and returns the path of each program by its name."""
    messages = output("cargo", *arguments, "--message-format=json-render-diagnostics").splitlines()
    artifacts = [message for message in map(json.loads, messages) if message.get("executable")]
    return {message["target"]["name"]: message["executable"] for message in artifacts}


def prepare(peers=("naive", "table"), packages=PACKAGES):
    """The folder for what is made here, the programs that are compared, a Python with these packages, and the table."""
    metadata = json.loads(output("cargo", "metadata", "--no-deps", "--format-version=1"))
    folder = Path(metadata["target_directory"]) / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    programs = built("bench", "--no-run", *(word for peer in peers for word in ("--bench", peer)))
    programs |= built("build", "--release", "--bin", "mediafold")
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        output(sys.executable, "-m", "venv", str(folder / "venv"))
    if subprocess.run([python, "-c", "import " + ", ".join(packages)], stderr=subprocess.DEVNULL).returncode:
        output(str(python), "-m", "pip", "install", "--quiet", *packages)
    table = folder / "table.json"
    table.write_text(output(programs["table"]))
    return folder, programs, str(python), str(table)


def simulated(folder, mediafold, events):
    file = folder / f"fastpix-{events}.jsonl"
    if not file.exists():
        part = file.with_suffix(".part")
        output(mediafold, "simulate", "fastpix", "--events", str(events), "--duplicates", "2%", "--late", "3%",
               "--illegal", "0.5%", "--output", str(part))
        part.rename(file)
    return file


class Program:
    """One program of the table. `exact`: whether its states must be mediafold's; None: it has no states."""

    def __init__(self, name, command, out, exact=None, writes=False):
        self.name, self.command, self.out, self.exact = name, [str(word) for word in command], out, exact
        self.writes, self.walls, self.cpus, self.memory = writes, [], [], []

    def run(self):
        """Runs it once, with its output to its file; returns seconds, seconds on processors and bytes."""
        with open(os.devnull if self.writes else self.out, "wb") as out:
            begun = time.monotonic()
            process = subprocess.Popen(self.command, stdout=out)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{self.name} ended with {process.returncode}: {' '.join(self.command)}")
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def programs_for(file, folder, programs, python, table, slow):
    mediafold, out = programs["mediafold"], lambda name: folder / f"out-{name}.tsv"

    def peer(name, file_name, *command, exact):
        return Program(name, [*command, out(file_name)], out(file_name), exact, writes=True)

    fold = [mediafold, "fold", "--format", "jsonl"]
    listed = [
        Program("mediafold fold --no-data", [*fold, "--no-data", file], out("fold"), True),
        Program("the same, one thread", [*fold, "--no-data", "--threads", "1", file], out("one"), True),
        Program("the same, from a pipe", ["sh", "-c", 'cat "$0" | "$@"', file, *fold, "--no-data"], out("piped"), True),
        Program("mediafold fold (with data)", [*fold, file], out("data"), True),
        Program("mediafold check", [mediafold, "check", "--format", "jsonl", "--fail-on", "never", file], out("check")),
        Program("cat", ["cat", file], os.devnull),
        Program("wc -l", ["wc", "-l", file], out("wc")),
        peer("DuckDB, exact fold", "duck", python, HERE / "duck.py", "fold", table, file, exact=True),
        peer("DuckDB, only reads the fields", "parse", python, HERE / "duck.py", "parse", table, file, exact=None),
        peer("Polars, last state by time", "polars", python, HERE / "last.py", table, file, exact=False),
        peer("serde_json program, one thread", "naive", programs["naive"], table, file, exact=True),
    ]
    if slow:
        listed.append(peer("jq, sort, awk: last state by time", "jq", "sh", HERE / "last.sh", table, file, exact=False))
    return listed


def busy():
    """Seconds that all processors have worked since the start of the machine; 0 where it does not tell."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    except OSError:
        return 0.0
    return (sum(fields[:3]) + sum(fields[5:8])) / os.sysconf("SC_CLK_TCK")


def measure(listed, runs):
    """Runs all in turn; the first round only warms. Returns how many cores other programs used meanwhile."""
    own = others = wall = 0.0
    for round_number in range(runs + 1):
        for program in listed:
            print(f"round {round_number} of {runs}: {program.name}      ", end="\r", file=sys.stderr, flush=True)
            before = busy()
            seconds, cpu, memory = program.run()
            if round_number:
                program.walls.append(seconds)
                program.cpus.append(cpu)
                program.memory.append(memory)
                own, others, wall = own + cpu, others + busy() - before, wall + seconds
    print(" " * 70, end="\r", file=sys.stderr)
    return max(0.0, others - own) / wall


def states(path):
    """The state and the number of illegal events of each asset; a program that counts none has None there."""
    found = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{"):
                asset = json.loads(line)
                found[asset["entity"], asset["id"]] = asset["state"], asset["findings"]["error"]
            else:
                entity, asset, state, *illegal = line.rstrip("\n").split("\t")
                found[entity, asset] = state, int(illegal[0]) if illegal else None
    return found


def judged(program, truth):
    """What the table says of a program's states."""
    if program.exact is None:
        return "–"
    found = states(program.out)
    wrong = sum(1 for asset, (state, _) in truth.items() if found.get(asset, ("", 0))[0] != state)
    wrong += len(found.keys() - truth.keys())
    if program.exact:
        wrong += sum(1 for asset in truth.keys() & found.keys() if truth[asset][1] != found[asset][1])
        return "yes" if not wrong else f"NO: {wrong} differ"
    return f"no: {wrong:,} wrong"


def version(*command):
    try:
        return output(*command).split("\n")[0].strip()
    except (OSError, subprocess.CalledProcessError):
        return f"{command[0]}, unknown"


def machine(python, slow):
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown processor")
    packages = ", ".join(f"print('{name}', {name}.__version__)" for name in PACKAGES)
    versions = [version("rustc", "--version"), *output(python, "-c", f"import {', '.join(PACKAGES)}\n{packages}").split("\n"),
                f"Python {sys.version.split()[0]}"]
    versions += [version("jq", "--version")] * slow
    return f"{cpu}, {len(os.sched_getaffinity(0))} cores; " + ", ".join(filter(None, versions))


def printed(listed, file, others, about):
    size, first = file.stat().st_size, listed[0]
    truth = states(first.out)
    with open(file, "rb") as lines:
        count = sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b""))
    print(f"{count:,} deliveries, {size / 1e6:,.0f} MB, {len(truth):,} assets; {len(first.walls)} runs in turn.")
    print(f"{about}.")
    print(f"Other programs used {others:.2f} cores meanwhile.\n")
    print("| program | exact | seconds | MB/s | against the first row | CPU seconds | peak MB | bytes per asset |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    middle = statistics.median
    for program in listed:
        ratios = [wall / own for wall, own in zip(program.walls, first.walls)]
        memory = middle(program.memory)
        print(f"| {program.name} | {judged(program, truth)} | {middle(program.walls):.3f} "
              f"| {size / 1e6 / middle(program.walls):,.0f} "
              f"| {middle(ratios):.2f}× [{min(ratios):.2f}..{max(ratios):.2f}] | {middle(program.cpus):.2f} "
              f"| {memory / 1e6:.0f} | {memory / max(1, len(truth)):,.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many deliveries to make where no FILE is given")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow", action="store_true", help="jq as well, which takes minutes")
    arguments = parser.parse_args()
    if arguments.slow and not shutil.which("jq"):
        sys.exit("jq is not there")
    folder, programs, python, table = prepare()
    file = arguments.file or simulated(folder, programs["mediafold"], arguments.events)
    listed = programs_for(file.resolve(), folder, programs, python, table, arguments.slow)
    others = measure(listed, arguments.runs)
    printed(listed, file, others, machine(python, arguments.slow))


if __name__ == "__main__":
    main()
