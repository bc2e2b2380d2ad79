"""`python -m benchmarks.engine`: runs what is asked for, prints tables, writes the page."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engine.page import page
from benchmarks.engine.peers import PEERS
from benchmarks.engine.runs import OURS, Result, done, planned, stored
from benchmarks.engine.tables import ROOT, TABLES, Absent, Places

PAGE = ROOT / "docs" / "performance.md"
TASKS = tuple(dict.fromkeys(table.task for table in TABLES.values()))


def options(argv: Sequence[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--tables", default="", help=", ".join(TABLES))
    parser.add_argument("--tasks", default="", help=", ".join(TASKS))
    parser.add_argument("--peers", default="", help=f"none, {', '.join(PEERS)}")
    parser.add_argument("--seeds", default="0,1,2", help="0,1,2")
    parser.add_argument("--seconds", type=int, default=10, help="ours have so many")
    parser.add_argument("--against", type=int, default=30, help="peers with a budget have so many")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=ROOT / "var" / "bench")
    parser.add_argument("--again", action="store_true", help="run what has a result too")
    parser.add_argument("--page", action="store_true", help="run nothing, write the page")
    asked = parser.parse_args(argv)
    asked.tasks = chosen(parser, asked.tasks, TASKS)
    asked.tables = [
        name
        for name in chosen(parser, asked.tables, tuple(TABLES))
        if TABLES[name].task in asked.tasks
    ]
    if asked.peers == "none":
        asked.peers = []
    else:
        usual = tuple(name for name, peer in PEERS.items() if peer.is_default)
        asked.peers = chosen(parser, asked.peers, tuple(PEERS), usual)
    asked.seeds = [int(seed) for seed in asked.seeds.split(",")]
    return asked


def chosen(
    parser: argparse.ArgumentParser,
    text: str,
    possible: Sequence[str],
    usual: Sequence[str] | None = None,
) -> list[str]:
    """Names between commas; the usual ones when there are none."""
    names = text.split(",") if text else list(possible if usual is None else usual)
    if strange := [name for name in names if name not in possible]:
        parser.error(f"{strange[0]} is none of {', '.join(possible)}")
    return names


def main(argv: Sequence[str]) -> int:
    """Run, print, write; 1 when something that was asked for has no result."""
    asked = options(argv)
    places = Places(asked.data.resolve(), asked.cache.resolve())
    absent: dict[str, str] = {}
    failed = 0
    plan = planned(asked.tables, asked.peers, asked.seeds, asked.seconds, asked.against)
    for run in () if asked.page else plan:
        if run.table in absent:
            continue
        try:
            result, is_new = done(run, places, asked.threads, again=asked.again)
        except Absent as why:
            absent[run.table] = str(why)
            print(f"{run.table}: {why}", flush=True)
            continue
        failed += bool(result.error)
        if is_new:
            print(told(result), flush=True)
    typed = " ".join(["python -m benchmarks.engine", *map(shlex.quote, argv)])
    results = stored(places)
    PAGE.write_text(page(results, typed, PAGE.read_text("utf-8")), "utf-8")
    print(f"\n{page(results, typed)}")
    return int(bool(failed or absent))


def told(result: Result) -> str:
    """One run as one line."""
    budget = f" {result.seconds} s" if result.seconds else ""
    model = "Hazumi" if result.model == OURS else PEERS[result.model].title
    head = f"{time.strftime('%H:%M:%S')} {result.table} seed {result.seed}, {model}{budget}: "
    if result.error:
        return head + result.error
    took = result.took
    return (
        f"{head}{result.main:.4g} in {took['seconds']:.1f} s, {took['peak_mb']} MB "
        f"(others had {took['elsewhere']:.0%} of the machine)"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
