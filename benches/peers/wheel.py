"""Compares the wheel with the command and with what one writes in Python: `python3 benches/peers/wheel.py [FILE]`.

Needs cargo and Python 3.11 or later with venv; maturin, polars and transitions are installed by pip into a virtual
environment in cargo's target folder. FILE is any NDJSON of FastPix; without it `mediafold simulate` writes one. Each
time is that of a whole process, its start included. Prints a Markdown table.
"""
import argparse
import statistics
import sys
from pathlib import Path

import compare

PACKAGES = ["maturin", "polars", "transitions"]
COMMAND = "mediafold fold"


def install(python, folder):
    """Gives this Python the wheel of this checkout."""
    wheels = folder / "wheels"
    for old in wheels.glob("*.whl"):
        old.unlink()
    manifest = compare.ROOT / "src/bindings/python/Cargo.toml"
    compare.output(python, "-m", "maturin", "build", "--quiet", "--release", "-m", str(manifest), "-o", str(wheels))
    (wheel,) = wheels.glob("*.whl")
    compare.output(python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", str(wheel))


def programs_for(file, folder, mediafold, python, table, runs):
    """The programs, each with how often it is run: what takes minutes is run once."""
    here, out = compare.HERE, lambda name: folder / f"out-wheel-{name}.tsv"

    def written(name, way, title, exact):
        command = [python, here / "handler.py", way, file, table, out(name)]
        return compare.Program(title, command, out(name), exact, writes=True), 1

    fold = [mediafold, "fold", "--format", "jsonl"]
    ours = [python, here / "folded.py"]
    listed = [
        (compare.Program(COMMAND, [*fold, file], out("fold"), True), runs),
        (compare.Program("mediafold.fold(path)", [*ours, "data", file, "-"], out("data"), True, writes=True), runs),
        (compare.Program("mediafold fold --no-data", [*fold, "--no-data", file], out("bare"), True), runs),
        (compare.Program("mediafold.fold(path, data=False)", [*ours, "no-data", file, "-"], out("no-data"), True, writes=True), runs),
        (compare.Program("mediafold.fold(path).dicts()", [*ours, "dicts", file, "-"], out("dicts"), True, writes=True), 1),
        written("last", "last", "json, a dict, last event by time", False),
        written("exact", "exact", "json, sorted, a table", True),
        written("transitions", "transitions", "json, sorted, transitions", True),
    ]
    # What the wheel found is written where its time is not taken.
    for way in ("data", "no-data", "dicts"):
        compare.output(*map(str, [*ours, way, file, out(way)]))
    return listed


def measure(listed, runs):
    """Runs all in turn; the first round only warms those that are run more than once."""
    for turn in range(runs + 1):
        for program, count in listed:
            if turn > count or (turn == 0 and count == 1):
                continue
            print(f"round {turn} of {runs}: {program.name}      ", end="\r", file=sys.stderr, flush=True)
            seconds, cpu, memory = program.run()
            if turn:
                program.walls.append(seconds)
                program.cpus.append(cpu)
                program.memory.append(memory)
    print(" " * 70, end="\r", file=sys.stderr)


def printed(listed, file):
    truth = compare.states(listed[0][0].out)
    middle = statistics.median
    times = {program.name: middle(program.walls) for program, _ in listed}
    cpus = {program.name: middle(program.cpus) for program, _ in listed}
    print(f"{file.stat().st_size / 1e6:,.0f} MB, {len(truth):,} assets; Python {sys.version.split()[0]}.\n")
    print("| program | exact | runs | seconds | CPU seconds | peak MB | of the command's | of `mediafold.fold`'s | of the CPU of `mediafold.fold` |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for program, _ in listed:
        command = "mediafold fold --no-data" if "data=False" in program.name else COMMAND
        seconds = times[program.name]
        print(f"| {program.name} | {compare.judged(program, truth)} | {len(program.walls)} | {seconds:.2f} "
              f"| {cpus[program.name]:.2f} | {middle(program.memory) / 1e6:.0f} | {seconds / times[command]:.2f}× "
              f"| {seconds / times['mediafold.fold(path)']:.1f}× "
              f"| {cpus[program.name] / cpus['mediafold.fold(path)']:.1f}× |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many deliveries to make where no FILE is given")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    folder, programs, python, table = compare.prepare(peers=["table"], packages=PACKAGES)
    install(python, folder)
    file = arguments.file or compare.simulated(folder, programs["mediafold"], arguments.events)
    listed = programs_for(file.resolve(), folder, programs["mediafold"], python, table, arguments.runs)
    measure(listed, arguments.runs)
    printed(listed, file)


if __name__ == "__main__":
    main()
