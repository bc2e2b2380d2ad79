"""No job is lost, doubled or starved, whatever is killed: C1 to C11, B5, B7 on real processes.

The jobs here (`toil`) sleep and leave one effect; the lease is 4 seconds. Every test runs on
SQLite and the private broker; `make faults` repeats them on PostgreSQL with Redis and RabbitMQ.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psutil
import pytest

from tests.faults.plant import LEASE, Plant, Wrong, plant, stop_all

KINDS = [
    pytest.param(("sqlite", "embedded"), id="sqlite-embedded"),
    pytest.param(("postgres", "embedded"), id="postgres-redis", marks=pytest.mark.long),
    pytest.param(("postgres", "rabbit"), id="postgres-rabbitmq", marks=pytest.mark.long),
]

Build = Callable[..., Plant]


@pytest.fixture(params=KINDS)
def build(request: pytest.FixtureRequest) -> Iterator[Build]:
    """Sets up an installation with settings; whatever it started is gone afterwards."""
    database, broker = request.param
    with ExitStack() as stack:

        def made(**settings: str) -> Plant:
            return stack.enter_context(plant(database, broker, **settings))

        yield made


def each_once(plant: Plant, count: int) -> None:
    """Every job is done, and none has had two effects."""
    effects = plant.ask("effects")
    assert plant.ended() == count, plant.rows()
    assert (len(effects), len(set(effects))) == (count, count)


def test_c1_a_job_whose_process_is_killed_is_done_by_another(build: Build) -> None:
    plant = build()
    plant.worker()
    (job,) = plant.hand_in(seconds=3)
    plant.wait(lambda: plant.ask("starts"))
    os.kill(plant.ask("starts")[0]["pid"], signal.SIGKILL)
    plant.wait(lambda: plant.ended() == 1)
    each_once(plant, 1)
    assert plant.rows()[job]["tries"] == 2


def test_c2_a_killed_workers_job_goes_to_another_and_nobody_is_left(build: Build) -> None:
    plant = build()
    first = plant.worker()
    plant.hand_in(seconds=3)
    plant.wait(lambda: plant.ask("starts"))
    pool = plant.children(first)
    first.kill()
    first.wait()
    _gone, alive = psutil.wait_procs(pool, timeout=5)
    assert alive == []
    plant.worker()
    plant.wait(lambda: plant.ended() == 1, LEASE + 45)
    each_once(plant, 1)


@pytest.mark.long
def test_c2_c11_a_real_training_leaves_no_process_behind(build: Build) -> None:
    """Killed or cancelled, the box is empty within a second or so, and the run goes on or ends."""
    plant = build()
    first = plant.worker(slots=1)
    run = plant.ask("train", seconds=60)

    def at_work() -> bool:
        return bool(plant.ask("run_of", run=run)["progress"].get("stage") == "training")

    plant.wait(at_work, 120)
    box = plant.children(first)
    assert len(box) > 1, "the pool's process, and the training behind its wall"
    first.kill()
    first.wait()
    assert psutil.wait_procs(box, timeout=5)[1] == []
    second = plant.worker(slots=1)
    plant.wait(lambda: plant.ask("run_of", run=run)["tries"] == 2, LEASE + 60)
    plant.wait(lambda: len(plant.children(second)) > 1)
    box = plant.children(second)[1:]
    plant.ask("cancel", job=run, kind="Run")
    psutil.wait_procs(box, timeout=15)
    assert not any(each.is_running() for each in box)
    assert plant.ask("run_of", run=run)["status"] == "cancelled"


def test_c3_c4_jobs_handed_in_while_the_broker_is_away_are_done_when_it_is_back(
    build: Build,
) -> None:
    plant = build()
    plant.worker()
    plant.ready()
    plant.broker.kill()
    jobs = plant.hand_in(5, seconds=0.1)
    assert {plant.rows()[job]["status"] for job in jobs} == {"queued"}
    plant.broker.start()
    plant.wait(lambda: plant.ended() == 5, 90)
    each_once(plant, 5)


@pytest.mark.long
def test_c3_fifty_that_wait_outlive_the_broker_and_none_is_done_twice(build: Build) -> None:
    plant = build()
    jobs = plant.hand_in(50, seconds=0.2)
    plant.worker()
    plant.wait(lambda: plant.ended() > 4)
    plant.broker.kill()
    time.sleep(5)
    plant.broker.start()
    plant.wait(lambda: plant.ended() == len(jobs), 180)
    each_once(plant, len(jobs))


@pytest.mark.long
def test_c4_a_minute_without_a_broker_costs_nobody_a_job(build: Build) -> None:
    plant = build()
    plant.worker()
    plant.ready()
    plant.broker.kill()
    for _ in range(12):
        plant.hand_in(seconds=0.1)
        time.sleep(5)
    plant.broker.start()
    plant.wait(lambda: plant.ended() == 12, 180)
    each_once(plant, 12)


def test_c5_a_job_whose_desk_died_before_it_rang_is_found(build: Build) -> None:
    plant = build()
    plant.worker()
    plant.ready()
    with pytest.raises(Wrong):
        plant.hand_in(dies=True, seconds=0.1)
    plant.wait(lambda: plant.ended() == 1)
    each_once(plant, 1)


def test_c7_a_job_that_kills_its_workers_is_closed_and_harms_no_other(build: Build) -> None:
    plant = build(RUN_LEASE_SECONDS="2")
    plant.worker()
    (poison,) = plant.hand_in(is_poison=True)
    others = plant.hand_in(10, seconds=0.2)
    plant.wait(lambda: plant.ended("lost") == 1)
    plant.wait(lambda: plant.ended() == len(others))
    row = plant.rows()[poison]
    assert (row["tries"], row["failure"]["code"]) == (3, "lost")
    assert poison not in plant.ask("effects")
    assert len([start for start in plant.ask("starts") if start["toil"] == poison]) == 3


def test_c8_what_a_worker_says_that_was_frozen_for_too_long_is_refused(build: Build) -> None:
    plant = build()
    first = plant.worker(slots=1)
    (job,) = plant.hand_in(seconds=2)
    plant.wait(lambda: plant.ask("starts"))
    frozen = [psutil.Process(first.pid), *plant.children(first)]
    stop_all(frozen, signal.SIGSTOP)
    plant.worker(slots=1)
    plant.wait(lambda: plant.ended() == 1)
    stop_all(frozen, signal.SIGCONT)
    first.terminate()
    first.wait(60)  # it ends once it has found out
    each_once(plant, 1)
    assert plant.rows()[job]["fence"] == 2


def test_c10_a_worker_told_to_end_gives_back_what_takes_too_long(build: Build) -> None:
    plant = build(WORKER_GRACE_SECONDS="1")
    old = [plant.worker(), plant.worker()]
    plant.ready(2)
    jobs = plant.hand_in(4, seconds=6)
    plant.wait(lambda: len(plant.running()) == 4)
    for worker in old:
        worker.terminate()
    assert [worker.wait(30) for worker in old] == [0, 0]
    rows = plant.rows()
    assert {(rows[job]["status"], rows[job]["tries"]) for job in jobs} == {("queued", 0)}
    plant.worker(slots=4)
    plant.wait(lambda: plant.ended() == 4)
    each_once(plant, 4)
    assert {row["tries"] for row in plant.rows().values()} == {1}


def test_c10_a_worker_told_to_end_finishes_what_ends_in_time(build: Build) -> None:
    plant = build(WORKER_GRACE_SECONDS="60")
    worker = plant.worker()
    plant.hand_in(6, seconds=2)
    plant.wait(lambda: len(plant.running()) == 2)
    worker.terminate()
    assert worker.wait(60) == 0
    assert plant.ended() == 2, "what runs is finished, and nothing else is begun"
    plant.worker()
    plant.wait(lambda: plant.ended() == 6)
    each_once(plant, 6)


def test_c11_a_cancelled_job_frees_its_slot(build: Build) -> None:
    plant = build()
    plant.worker(slots=1)
    first, second = *plant.hand_in(seconds=600), *plant.hand_in(seconds=0.1)
    plant.wait(lambda: plant.running() == [first])
    assert plant.ask("cancel", job=first) is True
    plant.wait(lambda: plant.rows()[second]["status"] == "succeeded")
    assert plant.rows()[first]["status"] == "cancelled"
    assert plant.ask("effects") == [second]


def test_b5_two_hundred_small_jobs_are_each_done_once(build: Build) -> None:
    plant = build()
    plant.worker()
    plant.worker()
    jobs = plant.hand_in(200, seconds=0)
    plant.wait(lambda: plant.ended() == len(jobs), 180)
    each_once(plant, len(jobs))
    assert plant.ask("most_tries") == 1


def test_b7_a_team_that_comes_second_waits_for_one_job_of_the_first_at_most(build: Build) -> None:
    plant = build()
    plant.hand_in(30, tenant="a", seconds=0.3)
    plant.worker(slots=1)
    plant.wait(lambda: len(plant.ask("starts")) >= 2)
    before = len(plant.ask("starts"))
    plant.hand_in(tenant="b", seconds=0.1)
    plant.wait(lambda: plant.ended() == 31, 120)
    order = [start["toil__tenant"] for start in plant.ask("starts")]
    # The one that ran when it came, the one that was taken at that very moment, and then it.
    assert order.index("b") <= before + 1
    each_once(plant, 31)


def test_one_team_never_has_two_trainings_running(build: Build) -> None:
    plant = build()
    plant.worker(slots=3)
    plant.ready()
    plant.hand_in(3, tenant="a", seconds=1)
    plant.hand_in(3, tenant="b", seconds=1)
    most = 0
    while plant.ended() < 6:
        rows = plant.rows().values()
        running = [row["tenant"] for row in rows if row["status"] == "running"]
        assert len(running) == len(set(running))
        most = max(most, len(running))
    assert most == 2, "different teams do not wait for each other"
    each_once(plant, 6)


def test_many_who_claim_for_one_team_at_once_get_one_job_and_no_deadlock(build: Build) -> None:
    plant = build()
    plant.hand_in(12, tenant="a", seconds=0)
    for _ in range(2):
        plant.worker(slots=4)
    plant.wait(lambda: plant.ended() == 12, 120)
    each_once(plant, 12)
    assert "deadlock" not in plant.log()


def test_a_worker_that_does_not_hear_any_more_ends_to_be_started_again(build: Build) -> None:
    plant = build(WORKER_PROVES_SECONDS="2", WORKER_GRACE_SECONDS="1")
    worker = plant.worker()
    plant.ready()
    time.sleep(6)
    assert worker.poll() is None, "one that hears goes on"
    plant.ask("deafen", worker="w1@plant")
    assert worker.wait(60) == os.EX_TEMPFAIL
    assert "does not hear" in plant.log()
