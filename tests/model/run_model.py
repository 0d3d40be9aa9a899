#!/usr/bin/env python3
"""Searches a model with Spin: complete, nothing may fail; with a rule removed, the claim it stands for must.

  run_model.py MODEL... [--full] [--jobs N] [--keep DIR]

A model's head comment names its rules (switch, claim that fails without it, what it says) and its bounds: `quick` or,
with --full, `full` ones for the complete model, `twin` ones for the others. The complete model is searched to the end
for violated claims and processes that wait for ever (`stuck`), and within its `endless` bounds for endless runs.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
RULE = re.compile(r"^ \*   ([A-Z][A-Z_]+) +([a-z]+) +(.+)$", re.MULTILINE)
BOUNDS = re.compile(r"^ \*   (quick|full|endless|twin)((?: +-D\S+)*)$", re.MULTILINE)
DEPTH_MAX = 1_000_000


@dataclasses.dataclass
class Run:
    model: str
    kind: str  # complete, endless, twin
    switches: list
    rule: str = ""
    expected: str = "nothing"
    says: str = ""
    # What came of it.
    found: str = ""
    states: int = 0
    depth: int = 0
    seconds: float = 0
    directory: str = ""

    @property
    def passed(self):
        return self.found == self.expected


def runs_of(model, full):
    text = (HERE / f"{model}.pml").read_text()
    head = text[:text.index("*/")]
    bounds = {"quick": [], "full": [], "endless": [], "twin": []}
    for name, switches in BOUNDS.findall(head):
        bounds[name].append(switches.split())
    rules = RULE.findall(head)
    if not rules or not all(bounds.values()):
        sys.exit(f"{model}.pml: its head does not name rules and bounds")
    for switch, _, _ in rules:
        if not re.search(rf"\b{switch}\b", text[len(head):]):
            sys.exit(f"{model}.pml: {switch} removes nothing")
    yield from (Run(model, "complete", b) for b in bounds["full" if full else "quick"])
    yield from (Run(model, "endless", b) for b in bounds["endless"])
    for switch, claim, says in rules:
        yield Run(model, "twin", bounds["twin"][0] + [f"-D{switch}"], rule=switch, expected=claim, says=says)


def shell(arguments, directory):
    return subprocess.run(arguments, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def search(run, directory):
    """Generates, compiles and runs the verifier; fills in what came of it."""
    directory.mkdir(parents=True)
    run.directory = str(directory)
    began = time.monotonic()
    generated = shell(["spin", "-a", *run.switches, str(HERE / f"{run.model}.pml")], directory)
    compiler = {"complete": ["-O2", "-DSAFETY", "-DCOLLAPSE"], "endless": ["-O1", "-DNP", "-DCOLLAPSE"],
                "twin": ["-O0", "-DSAFETY"]}[run.kind]
    compiled = shell(["gcc", "-w", *compiler, "-o", "pan", "pan.c"], directory)
    if generated.returncode or compiled.returncode:
        run.found = "does not build: " + (generated.stdout + compiled.stdout).strip()[:500]
        return run
    options = {"complete": ["-w23"], "endless": ["-l", "-w20"], "twin": ["-w18"]}[run.kind]
    output = shell(["./pan", f"-m{DEPTH_MAX}", *options], directory).stdout
    run.seconds = time.monotonic() - began
    run.found = verdict(output)
    if counted := re.search(r"^ *(\d+) states, stored", output, re.MULTILINE):
        run.states = int(counted[1])
    if depth := re.search(r"depth reached (\d+)", output):
        run.depth = int(depth[1])
    return run


def verdict(output):
    if claim := re.search(r"assertion violated.*?\bclaim_(\w+)", output):
        return claim[1]
    if re.search(r"^pan:.*invalid end state", output, re.MULTILINE):
        return "stuck"
    if re.search(r"^pan:.*non-progress cycle", output, re.MULTILINE):
        return "endless"
    if "errors: 0" in output and "too small" not in output and "Search not completed" not in output:
        return "nothing"
    return "not searched to the end: " + output.strip()[:500]


def show(run):
    what = run.rule or " ".join(run.switches).replace("-D", "") or "complete"
    if run.kind == "endless":
        what += " (endless runs)"
    mark = "ok" if run.passed else "WRONG"
    line = f"{mark:5}  {run.model:9}  {what:38}  {run.states:>10,} states  depth {run.depth:>5,}  {run.seconds:6.1f} s"
    if run.kind == "twin":
        line += f"  fails by: {run.found}"
    print(line, flush=True)
    if run.passed:
        return
    print(f"       expected: {run.expected}; found: {run.found}")
    if run.kind == "twin" and run.found == "nothing":
        print(f"       without this rule nothing goes wrong: {run.says}")
    elif os.path.exists(os.path.join(run.directory, f"{run.model}.pml.trail")):
        print(f"       the way there: cd {run.directory} && spin -t -p -g -l {' '.join(run.switches)} "
              f"{HERE / run.model}.pml")


def main():
    models = sorted(path.stem for path in HERE.glob("*.pml"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of {', '.join(models)}; all without one")
    parser.add_argument("--full", action="store_true", help="the larger bounds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=pathlib.Path, help="an empty folder in which verifiers and trails stay")
    arguments = parser.parse_args()
    if unknown := set(arguments.models) - set(models):
        parser.error(f"there is no model {', '.join(unknown)}")
    for tool in ("spin", "gcc"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is needed (Debian package {tool})")
    work = arguments.keep or pathlib.Path(tempfile.mkdtemp(prefix="tally-model-"))
    runs = [run for model in arguments.models or models for run in runs_of(model, arguments.full)]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        searches = [pool.submit(search, run, work / f"{index:02}-{run.model}") for index, run in enumerate(runs)]
        for done in searches:
            show(done.result())
    wrong = [run for run in runs if not run.passed]
    searched = sum(run.states for run in runs if run.kind == "complete")
    print(f"{searched:,} states searched, {sum(run.kind == 'twin' for run in runs)} rules removed, {len(wrong)} wrong")
    if not wrong and not arguments.keep:
        shutil.rmtree(work)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
