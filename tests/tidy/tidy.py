#!/usr/bin/env python3
"""Rules of this code base that a compiler does not know.

    tidy.py ROOT        checks every file git tracks (or would); prints each violation; exit code 1 if there is one
    tidy.py --selftest  shows that every rule fires on code that breaks it
"""

import re
import subprocess
import sys
from pathlib import Path

MODULES = ["base", "config", "telemetry", "db", "bus", "outbox", "inbox", "rpc", "ops"]
LINES_MAX = 400  # 200 is the aim
CODE = (".cc", ".h")


def module_of(path):
    match = re.match(r"common/(\w+)/", path)
    return match[1] if match else None


def module_order(path, text):
    """A module of common/ includes only those before it; services include common/, never each other."""
    here = module_of(path)
    for included in re.findall(r'#include "([^"]+)"', text):
        other = module_of(included)
        if here and other and MODULES.index(other) > MODULES.index(here):
            yield f"includes {included}, a module after its own"
        for service in ("order_service", "activity_service", "client", "tests"):
            if included.startswith(service + "/") and not path.startswith((service + "/", "tests/")):
                yield f"includes {included}"


def libraries_behind_their_door(path, text):
    """Only common/db sees SOCI, libpq and SQLite; only common/bus sees nats.c."""
    if path.startswith("tests/"):
        return
    for included in re.findall(r"#include [<\"]([^>\"]+)[>\"]", text):
        if re.match(r"soci|libpq|postgresql/|sqlite3", included) and module_of(path) != "db":
            yield f"includes {included}, which is for common/db alone"
        if re.match(r"nats", included) and module_of(path) != "bus":
            yield f"includes {included}, which is for common/bus alone"


def no_sql_in_code(path, text):
    """SQL stands in .sql files; the driver's own BEGIN, SET and PRAGMA are common/db's."""
    if path.startswith("tests/") or module_of(path) == "db":
        return
    if re.search(r'"(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE) ', text):
        yield "holds SQL"


def no_waiting_by_the_clock(path, text):
    """Waits are for an event, with a deadline."""
    if path.startswith(("tests/chaos/", "tests/bench/")):
        return
    if re.search(r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep)\b", text):
        yield "sleeps"


def tests_always_run(path, text):
    """A disabled test is only for another test of its file, which runs it as a process of its own."""
    disabled = "DISABLED_" in text and "--gtest_also_run_disabled_tests" not in text
    if disabled or "GTEST_SKIP" in text:
        yield "has a test that can pass without running"


def no_swallowed_exceptions(path, text):
    if re.search(r"catch \([^)]*\) \{\s*\}", text):
        yield "swallows an exception"


def no_detached_threads(path, text):
    if ".detach()" in text:
        yield "detaches a thread"


def names_say_a_role(path, text):
    for name in re.findall(r"^(?:class|struct) (\w*(?:Manager|Helper|Util|Utils|Impl))\b", text, re.M):
        yield f"{name} names no role"


def no_floating_point_near_money(path, text):
    near = path.startswith("common/base/money") or re.match(r"(order|activity)_service/(domain|store)/", path)
    if near and re.search(r"\b(double|float)\b", re.sub(r"//.*", "", text)):
        yield "uses floating point"


def guarded_once(path, text):
    if path.endswith(".h") and not text.startswith(("#pragma once\n", "//")):
        yield "does not begin with #pragma once"


def short_enough(path, text):
    lines = text.count("\n")
    if lines > LINES_MAX:
        yield f"has {lines} lines, at most {LINES_MAX}"


RULES = [module_order, libraries_behind_their_door, no_sql_in_code, no_waiting_by_the_clock, tests_always_run,
         no_swallowed_exceptions, no_detached_threads, names_say_a_role, no_floating_point_near_money, guarded_once,
         short_enough]

BREAKING = {
    module_order: ("common/db/a.h", '#include "common/outbox/lane_store.h"'),
    libraries_behind_their_door: ("common/outbox/a.cc", "#include <soci/soci.h>"),
    no_sql_in_code: ("order_service/store/a.cc", 'Run("SELECT 1");'),
    no_waiting_by_the_clock: ("tests/unit/a.cc", "std::this_thread::sleep_for(1s);"),
    tests_always_run: ("tests/unit/a.cc", "GTEST_SKIP();"),
    no_swallowed_exceptions: ("common/rpc/a.cc", "try { f(); } catch (...) { }"),
    no_detached_threads: ("common/rpc/a.cc", "std::thread(f).detach();"),
    names_say_a_role: ("common/rpc/a.h", "class LaneManager {"),
    no_floating_point_near_money: ("order_service/domain/a.cc", "double total = 0;"),
    guarded_once: ("common/rpc/a.h", "#include <x>"),
    short_enough: ("common/rpc/a.cc", "\n" * (LINES_MAX + 1)),
}


def selftest():
    silent = [rule.__name__ for rule in RULES if not list(rule(*BREAKING[rule]))]
    if silent:
        sys.exit(f"these rules do not fire: {silent}")
    print(f"{len(RULES)} rules fire")


def files_of(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode == 0:
        return listed.stdout.splitlines()
    return [str(p.relative_to(root)) for p in Path(root).rglob("*") if p.is_file() and "build" not in p.parts]


def main():
    if sys.argv[1] == "--selftest":
        return selftest()
    root = Path(sys.argv[1])
    found = 0
    for path in files_of(root):
        if path.endswith(CODE) and (root / path).exists():
            text = (root / path).read_text(encoding="utf-8")
            for rule in RULES:
                for problem in rule(path, text):
                    print(f"{path}: {problem}")
                    found += 1
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
