"""C6: whatever dies at random, every job is done, and its effect is there once."""

from __future__ import annotations

import pytest

from tests.faults.chaos import unleash
from tests.faults.plant import Plant, plant

# Chance may strike the same job three times, which by rule looks like a job that kills its
# workers (C7) and would be closed as lost; here the cap is out of chance's reach, and how often
# the unluckiest job was tried is told.
NO_CAP = {"RUN_MAX_ATTEMPTS": "10"}

LONG = [
    ("sqlite", "embedded"),
    ("postgres", "embedded"),
    ("postgres", "rabbit"),
]


def survives(plant: Plant, *, seed: int, jobs: int, seconds: float, **how: bool) -> None:
    """Let chance loose, then wait for the rest and count."""
    died = unleash(plant, seed=seed, jobs=jobs, seconds=seconds, **how)
    # One whose desk died before the commit was never accepted; all others are there.
    accepted = len(plant.rows())
    plant.wait(lambda: plant.ended() == accepted, 180)
    effects, starts = plant.ask("effects"), len(plant.ask("starts"))
    print(  # noqa: T201 – what a storm cost is worth reading
        f"seed {seed}: {dict(died)} killed; {accepted} of {jobs} accepted, {plant.ended()} done, "
        f"{len(effects)} effects, {len(set(effects))} distinct, {starts} starts, "
        f"at most {plant.ask('most_tries')} for one job"
    )
    assert accepted >= jobs - died["desk"] - 3 * died["database"]
    assert len(effects) == len(set(effects)) == accepted


def test_c6_a_short_storm() -> None:
    with plant(**NO_CAP) as built:
        survives(built, seed=7, jobs=20, seconds=20)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("database", "broker"), LONG)
def test_c6_a_storm_of_a_minute(database: str, broker: str, seed: int) -> None:
    with plant(database, broker, **NO_CAP) as built:
        survives(built, seed=seed, jobs=80, seconds=60)


@pytest.mark.long
def test_c6_a_storm_that_takes_the_database_with_it() -> None:
    with plant("postgres", "embedded", **NO_CAP) as built:
        survives(built, seed=4, jobs=80, seconds=60, breaks_database=True)
