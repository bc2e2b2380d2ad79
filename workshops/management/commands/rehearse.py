"""`manage.py rehearse`: a whole workshop, start to PDF, with nobody in the room."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from planner.actions import answers, milestones, prototypes
from planner.actions import reports as planner_reports
from planner.knowledge import CASES
from planner.knowledge.examples import Example, examples
from planner.models import Prototype, Team, UseCase, User
from planner.queries import run_page
from sandbox import broker, store
from sandbox.models import Job
from workshops import activities
from workshops.actions import (
    closing,
    deciding,
    joining,
    moving,
    noting,
    planning,
    readiness,
    reports,
    responding,
    voting,
)
from workshops.export import as_json
from workshops.models import Level, Part, Step, Workshop

PEOPLE = {
    "en": (("Mika", "Ken", "Aoi"), ("Ren", "Yui", "Sota")),
    "ja": (("美香", "健", "葵"), ("蓮", "結衣", "颯太")),
}
TITLES = {"en": "Rehearsal", "ja": "リハーサル"}
LEADS = {"en": "Fumi", "ja": "文"}
NOTES = {
    "en": {
        "like": "One metric from the first step to the last.",
        "worry": "Who looks at the list while support is on holiday?",
        "question": "What happens to those whom the model misses?",
    },
    "ja": {
        "like": "最初から最後まで、同じ指標で測っているところ。",
        "worry": "サポートが休みの日は、誰が一覧を見るのか。",
        "question": "モデルが見逃した人には、どう対応しますか。",
    },
}
# What each of a team's three people thinks of its two use cases: not the same, so there is a
# spread to talk about.
OPINIONS = (
    ((Level.HIGH, Level.HIGH), (Level.MEDIUM, Level.LOW)),
    ((Level.HIGH, Level.MEDIUM), (Level.LOW, Level.MEDIUM)),
    ((Level.LOW, Level.HIGH), (Level.MEDIUM, Level.MEDIUM)),
)
# The second use case of each team, after a case of the library.
SECONDS = ("intuit_support", "pomelo")
WAIT = 240.0


class Command(BaseCommand):
    """Plays a workshop through the same actions and a real worker, and keeps what comes of it."""

    help = "A whole workshop with nobody in the room; leaves two PDFs and a JSON file in a folder."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the results go, and in which language the room speaks."""
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--language", choices=dict(settings.LANGUAGES), default="en")
        parser.add_argument("--seconds", type=int, default=30, help="for each training")
        parser.add_argument(
            "--here",
            action="store_true",
            help="in the configured database, with the configured broker and a worker that runs; "
            "without it the rehearsal brings its own and takes them away again",
        )

    def handle(
        self, *_args: Any, out: Path, language: str, seconds: int, here: bool, **_options: Any
    ) -> None:
        """Rehearse; what is missing to do so, a database and a worker, is brought along."""
        out = out.resolve()
        out.mkdir(parents=True, exist_ok=True)
        if here:
            with translation.override(language):
                Rehearsal(self, language, seconds).play(out)
            return
        with own_house(out / "house") as env:
            argv = ["rehearse", "--here", "--out", str(out), "--language", language]
            manage(env, *argv, "--seconds", str(seconds))
        shutil.rmtree(out / "house", ignore_errors=True)


@contextmanager
def own_house(folder: Path) -> Iterator[dict[str, str]]:
    """A database, a store, a broker and a worker of the rehearsal's own, gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    env = {
        **os.environ,
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'rehearsal.sqlite3'}",
        "STORE_URL": str(folder / "store"),
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    for name in ("DATABASE_URL_FILE", "STORE_URL_FILE", "VAR_DIR_FILE"):
        env.pop(name, None)
    given = env.get("BROKER_URL") or env.get("BROKER_URL_FILE")
    try:
        with nullcontext(settings.BROKER_URL) if given else broker.private(folder) as url:
            env["BROKER_URL"] = url
            manage(env, "migrate", "--verbosity", "0")
            with worker(env, folder):
                yield env
    except broker.BrokerUnavailable as error:
        raise CommandError(str(error)) from error


def manage(env: dict[str, str], *argv: str) -> None:
    """Run one of our commands in the rehearsal's house."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *argv]
    if subprocess.run(command, env=env, check=False).returncode:
        raise CommandError(f"manage.py {argv[0]} did not succeed; see above.")


@contextmanager
def worker(env: dict[str, str], folder: Path) -> Iterator[None]:
    """A real Celery worker; what it says stays until the rehearsal has succeeded."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "planner.config", "worker"]
    command += ["-Q", "cpu,parse,render", "--concurrency", "2", "--loglevel", "WARNING"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=env, cwd=settings.BASE_DIR, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Rehearsal:
    """One facilitator, two teams of three, every step of the agenda."""

    def __init__(self, command: Command, language: str, seconds: int) -> None:
        self.command = command
        self.language = language
        self.seconds = seconds
        self.began = time.monotonic()
        self.examples: dict[Team, Example] = {}
        self.use_cases: dict[Team, UseCase] = {}
        self.people: dict[Team, list[User]] = {}

    def say(self, text: str) -> None:
        """Tell whoever watches what happens, and when."""
        seconds = time.monotonic() - self.began
        self.command.stdout.write(f"{seconds:6.1f} s  {text}")
        self.command.stdout.flush()

    def play(self, out: Path) -> None:
        """The whole workshop, and then its papers."""
        workshop = self.gather()
        for step in workshop.steps.all():
            moving.open(by=self.lead, step=step, op=uuid4())
            self.say(f"{step.get_phase_display()}: {step.heading}")
            self.work(workshop, step)
            if activities.of(step).is_private:
                moving.reveal(by=self.lead, step=step, op=uuid4())
                self.say("  revealed to everybody")
            self.decide(workshop, step)
        workshop = closing.close_workshop(by=self.lead, workshop=workshop, op=uuid4())
        self.say("The workshop is finished.")
        self.papers(workshop, out)

    def gather(self) -> Workshop:
        """Make the workshop and let six people join."""
        self.lead = User(
            username=f"rehearsal-{uuid4().hex}",
            display_name=LEADS[self.language],
            language=self.language,
        )
        self.lead.set_unusable_password()
        self.lead.save()
        played = list(examples(self.language, timezone.localdate()))
        workshop = planning.create(
            by=self.lead,
            title=TITLES[self.language],
            agenda="two_hours",
            language=self.language,
            teams=[example.team for example in played],
        )
        self.say(f"Workshop made; the code is {workshop.spaced_code}")
        for number, example in enumerate(played):
            team = workshop.teams.get(name=example.team)
            self.examples[team] = example
            self.people[team] = [
                joining.join(
                    code=workshop.spaced_code.lower(),
                    display_name=name,
                    team=team,
                    language=self.language,
                    part=Part.MEMBER if place else Part.PM,
                ).user
                for place, name in enumerate(PEOPLE[self.language][number])
            ]
            self.say(f"{', '.join(PEOPLE[self.language][number])} joined {team}")
        return workshop

    def work(self, workshop: Workshop, step: Step) -> None:
        """Whatever people do in a step."""
        activity = activities.of(step)
        number = 0
        for people in self.people.values():
            for person in people:
                for item, payload in activity.guesses(step, number):
                    responding.respond(by=person, step=step, item=item, payload=payload, op=uuid4())
                number += 1
        if sheets := step.options.get("sheets"):
            self.write(workshop, sheets)
        if activity.takes_votes:
            self.vote(step)
        if activity.takes_notes:
            self.present(workshop, step)
        if activity.trains:
            self.train()
        if activity.has_ready:
            for person in self.people[next(iter(self.people))]:
                readiness.set(by=person, workshop=workshop, is_ready=True, op=uuid4())

    def write(self, workshop: Workshop, sheets: list[str]) -> None:
        """Each team fills in the sheets of a step, its people taking turns."""
        for number, (team, example) in enumerate(self.examples.items()):
            if team not in self.use_cases:
                self.propose(workshop, team, example, SECONDS[number])
            use_case, fields = self.use_cases[team], 0
            for sheet in sheets:
                for place, (field, value) in enumerate(example.answers[sheet].items()):
                    by = self.people[team][place % 3]
                    answers.write(
                        by=by, use_case=use_case, sheet=sheet, field=field, value=value, op=uuid4()
                    )
                    fields += 1
            self.say(f"  {team} wrote {fields} fields of {', '.join(sheets)}")

    def propose(self, workshop: Workshop, team: Team, example: Example, second: str) -> None:
        """The team's two use cases: its own, and one after a case of the library."""
        person = self.people[team][1]
        own = str(example.answers["case"]["name"])
        case = CASES[second]
        for title in (own, str(case.title)):
            deciding.add_use_case(by=person, workshop=workshop, team=team, title=title, op=uuid4())
        self.use_cases[team] = team.use_cases.get(title=own)
        other = team.use_cases.exclude(title=own).get()
        words = {"name": case.title, "summary": case.solution, "inspired_by": second}
        for arc in ("experience", "users", "data", "model"):
            words[arc] = getattr(case.answers, arc)
        for field, value in words.items():
            answers.write(by=person, use_case=other, sheet="case", field=field, value=str(value))

    def vote(self, step: Step) -> None:
        """Blind and not of one mind; the last person of the last team is late."""
        teams = list(self.people)
        for team in teams:
            for person, opinions in zip(self.people[team], OPINIONS, strict=True):
                if team == teams[-1] and person == self.people[team][-1]:
                    moving.close(by=self.lead, step=step, op=uuid4())
                cases = sorted(team.use_cases.all(), key=lambda c: c != self.use_cases[team])
                for use_case, (urgency, importance) in zip(cases, opinions, strict=True):
                    voting.cast(
                        by=person,
                        step=step,
                        use_case=use_case,
                        urgency=urgency,
                        importance=importance,
                        op=uuid4(),
                    )
        self.say("  six people voted, one of them after the close")

    def decide(self, workshop: Workshop, step: Step) -> None:
        """After the votes each PM decides and says why."""
        if not activities.of(step).takes_votes:
            return
        for team, example in self.examples.items():
            deciding.choose(
                by=self.people[team][0],
                step=step,
                use_case=self.use_cases[team],
                reason=example.decision,
                op=uuid4(),
            )
            self.say(f"  {team} goes on with “{self.use_cases[team]}”")

    def train(self) -> None:
        """Each team brings its table, agrees the threshold, then trains in a real worker."""
        for team, example in self.examples.items():
            by, use_case = self.people[team][2], self.use_cases[team]
            prototype = prototypes.bring_sample(
                by=by, use_case=use_case, sample=example.sample, op=uuid4()
            )
            self.wait(prototype.dataset)
            prototype = prototypes.start(
                by=by,
                prototype=prototype,
                spec=example.task,
                asked={"target": example.target},
                metric=example.metric,
                threshold=example.threshold,
                seconds=self.seconds,
            )
            assert prototype.run is not None
            self.wait(prototype.run)
            outcome = run_page(Prototype.objects.select_related("run").get(pk=prototype.pk))
            self.say(f"  {team}, {example.task} on {example.sample}: {outcome.line}")
            for date in example.milestones:
                milestones.add(
                    by=by,
                    use_case=use_case,
                    title=date.title,
                    due=date.due,
                    owner=date.owner,
                    proof=date.proof,
                )

    def present(self, workshop: Workshop, step: Step) -> None:
        """Teams present in turn; the others write a like, a worry and a question."""
        for part, team in enumerate(workshop.teams.all()):
            moving.turn(by=self.lead, step=step, part=part, op=uuid4())
            for other, people in self.people.items():
                for person, (kind, text) in zip(people, NOTES[self.language].items(), strict=True):
                    if other != team:
                        noting.write(
                            by=person, step=step, team=team, kind=kind, text=text, op=uuid4()
                        )
            self.say(f"  {team} presented")

    def papers(self, workshop: Workshop, out: Path) -> None:
        """Both reports through the worker, and the whole workshop as JSON."""
        team = next(iter(self.examples))
        use_case = self.use_cases[team]
        orders = {
            "workshop.pdf": reports.order(by=self.lead, workshop=workshop, language=self.language),
            "use_case.pdf": planner_reports.order(
                by=self.people[team][0], use_case=use_case, language=self.language
            ),
        }
        for name, report in orders.items():
            self.wait(report)
            report.refresh_from_db()
            (out / name).write_bytes(store.read(report.file))
        data = json.dumps(as_json(workshop), ensure_ascii=False, indent=2, default=str)
        (out / "workshop.json").write_text(data + "\n", encoding="utf-8")
        self.say("Everything is here:")
        for name in (*orders, "workshop.json"):
            size = (out / name).stat().st_size / 1024
            self.command.stdout.write(f"  {out / name} ({size:,.0f} KiB)")

    def wait(self, job: Job) -> None:
        """Wait until a worker has done a job; a job without a result ends the rehearsal."""
        until = time.monotonic() + WAIT
        while not job.has_ended:
            if time.monotonic() > until:
                raise CommandError(
                    f"No worker finished {job._meta.verbose_name} {job.pk} within {WAIT:.0f} s. "
                    "Is one running?"
                )
            time.sleep(0.2)
            job.refresh_from_db()
        if not job.has_succeeded:
            raise CommandError(f"{job._meta.verbose_name} ended as {job.status}: {job.failure}")
