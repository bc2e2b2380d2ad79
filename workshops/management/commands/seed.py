"""`manage.py seed`: the marked demo, a workshop of sample teams that is already under way."""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from planner.actions import examples as writing
from planner.actions import prototypes, use_cases
from planner.knowledge import QUIZZES
from planner.knowledge.examples import Example, examples
from planner.models import Phase, Prototype, Team, UseCase, User
from sandbox import tasks
from workshops.actions import joining, moving, planning, responding, voting
from workshops.models import Level, Part, Step, Workshop

# Signing in as the demo works on a laptop only; production refuses this command.
USERNAME, PASSWORD = "demo", "flywheel-demo"
NAMES = {
    "en": ["Mika", "Ken", "Aoi", "Ren", "Yui", "Sota"],
    "ja": ["美香", "健", "葵", "蓮", "結衣", "颯太"],
}
OTHERS = {
    "en": ["Size advice before buying", "Sort questions to support"],
    "ja": ["購入前のサイズ提案", "問い合わせの自動仕分け"],
}
# Blind votes that differ, so that there is a spread to talk about.
VOTES = ((Level.HIGH, Level.HIGH), (Level.LOW, Level.HIGH), (Level.MEDIUM, Level.MEDIUM))


class Command(BaseCommand):
    """Makes the demo once; a second call changes nothing."""

    help = "Make the demo: two sample teams in a workshop under way, and a finished prototype."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which language the sample people wrote in."""
        spoken = "ja" if os.environ.get("LANG", "").startswith("ja") else "en"
        parser.add_argument("--language", choices=dict(settings.LANGUAGES), default=spoken)

    def handle(self, *_args: Any, language: str, **_options: Any) -> None:
        """Make what is missing, then say how to get in."""
        if settings.PRODUCTION:
            raise CommandError("The demo has a known password: not in production.")
        workshop = Workshop.objects.filter(is_sample=True).first()
        if workshop is None:
            with translation.override(language):
                workshop = demo(language)
        self.stdout.write(
            f"Demo workshop: {workshop.title}\n"
            f"  sign in as {USERNAME} with password {PASSWORD}\n"
            f"  join with code {workshop.spaced_code}"
        )


def demo(language: str) -> Workshop:
    """A workshop at its vote: lectures and quiz behind it, two teams with their sheets filled."""
    churn = next(one for one in examples(language, timezone.localdate()) if one.name == "churn")
    with transaction.atomic():
        lead = facilitator(language)
        shop = _("Fashion shop")
        workshop = planning.create(
            by=lead,
            title=_("Sample workshop: where does ML pay?"),
            agenda="two_hours",
            language=language,
            teams=[shop, churn.team],
            is_sample=True,
        )
        first, second = workshop.teams.order_by("created_at")
        people = members(workshop, [first, second], language)
        fashion = use_cases.add(by=lead, team=first, title=_("Launch-day mail for fans of a brand"))
        writing.write_from_sheets(by=lead, use_case=fashion, language=language)
        leaving = brought(lead, second, churn)
        for team, title in zip((first, second), OTHERS[language], strict=True):
            use_cases.add(by=lead, team=team, title=title)
        walk(workshop, lead, people)
        backdate(workshop)
    train(lead, leaving, churn)
    return workshop


def facilitator(language: str) -> User:
    """The demo's account."""
    lead, is_new = User.objects.get_or_create(
        username=USERNAME, defaults={"display_name": _("Facilitator"), "language": language}
    )
    if is_new:
        lead.set_password(PASSWORD)
        lead.save()
    return lead


def members(workshop: Workshop, rooms: list[Team], language: str) -> list[User]:
    """Three people in each team, the first of them its PM."""
    people = []
    for number, name in enumerate(NAMES[language]):
        place = joining.join(
            code=workshop.code,
            display_name=name,
            team=rooms[number // 3],
            language=language,
            part=Part.MEMBER if number % 3 else Part.PM,
        )
        people.append(place.user)
    return people


def brought(by: User, team: Team, example: Example) -> UseCase:
    """The example as a use case of the team."""
    title = example.answers["case"]["name"]
    use_case = use_cases.add(by=by, team=team, title=title)
    writing.write(by=by, use_case=use_case, example=example)
    return use_case


def walk(workshop: Workshop, lead: User, people: list[User]) -> None:
    """Lead the room to its first step of the apply phase, with a few votes in."""
    for step in workshop.steps.all():
        moving.open(by=lead, step=step)
        if step.phase == Phase.APPLY:
            vote(step, people)
            return
        answer(step, people)
        moving.reveal(by=lead, step=step)


def backdate(workshop: Workshop) -> None:
    """Give the steps the times they would have had: the demo did not take an hour to make."""
    done = workshop.steps.exclude(opened_at=None)
    began = timezone.now() - timedelta(minutes=sum(step.minutes for step in done) - 5)
    Workshop.objects.filter(pk=workshop.pk).update(starts_at=began, opened_at=began)
    for step in done:
        ended = began + timedelta(minutes=step.minutes)
        Step.objects.filter(pk=step.pk).update(
            opened_at=began,
            closed_at=None if step.closed_at is None else ended,
            ends_at=None if step.ends_at is None else ended,
        )
        began = ended


def answer(step: Step, people: list[User]) -> None:
    """Answer a step's quiz, where it has one: right mostly, and sometimes not."""
    quiz = QUIZZES.get(step.options.get("quiz", ""))
    for number, item in enumerate(quiz.items if quiz else ()):
        others = cycle(option for option in item.options if option != item.answer)
        for place, person in enumerate(people):
            option = next(others) if (number + place) % 4 == 3 else item.answer
            responding.respond(
                by=person, step=step, item=item.name, payload={"option": option}, op=uuid4()
            )


def vote(step: Step, people: list[User]) -> None:
    """Two of three have voted, so the room still waits for somebody."""
    for number, person in enumerate(people):
        if number % 3 == 2:
            continue
        for place, use_case in enumerate(UseCase.objects.visible_to(person)):
            urgency, importance = VOTES[(number + place) % len(VOTES)]
            voting.cast(
                by=person,
                step=step,
                use_case=use_case,
                urgency=urgency,
                importance=importance,
                op=uuid4(),
            )


def train(by: User, use_case: UseCase, example: Example) -> Prototype:
    """The demo's finished run: trained here and now, in the box, as a worker would."""
    prototype = prototypes.bring_sample(by=by, use_case=use_case, sample=example.sample)
    tasks.profile(str(prototype.dataset_id))
    prototype.dataset.refresh_from_db()
    prototype = prototypes.start(
        by=by,
        prototype=prototype,
        spec=example.task,
        asked={"target": example.target},
        metric=example.metric,
        threshold=example.threshold,
        seconds=30,
    )
    tasks.train(str(prototype.run_id))
    return prototype
