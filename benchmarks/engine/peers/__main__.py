"""Runs one peer in its own environment: `python -m benchmarks.engine.peers JOB.json`."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.engine.peers import PEERS


def main() -> None:
    """Read the job, let the peer learn and predict, write its predictions."""
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))

    import pandas as pd

    peer = PEERS[job["peer"]]
    module = import_module(f"benchmarks.engine.peers.{peer.file}")
    train, test = pd.read_csv(job["train"]), pd.read_csv(job["test"])
    getattr(module, peer.name)(train, test, job).to_csv(job["out"], index=False)


if __name__ == "__main__":
    main()
