"""What pages, reports and activities read of a workshop."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Count, Q, QuerySet, prefetch_related_objects
from django.utils import timezone

from planner import audit
from planner import queries as planner_queries
from planner.models import Decision, Deed, Team, UseCase, User
from planner.sheets import SHEETS
from workshops.models import Participant, Response, Step, Vote, Workshop
from workshops.rules import WRITERS

# A page says that it is there by its stream; this long after the last sign it counts as away.
PRESENT_FOR = timedelta(seconds=45)


@dataclass(frozen=True)
class Slot:
    """One line of the agenda, with the time at which it starts or started."""

    step: Step
    at: datetime
    is_current: bool


@dataclass(frozen=True)
class Tally:
    """How far a team, or the room, has come: never what anybody wrote."""

    label: str
    done: int
    total: int
    words: str = ""


@dataclass(frozen=True)
class Spread:
    """The votes on one use case: every single one, the middle, and how far apart they lie."""

    use_case: UseCase
    letter: str
    votes: tuple[tuple[int, int], ...]
    urgency: float
    importance: float
    distance: int
    late: int

    @property
    def score(self) -> float:
        """Urgency and importance together, from 2 to 6; 0 without a vote."""
        return self.urgency + self.importance


def places_of(user: User) -> QuerySet[Participant]:
    """Somebody's places in workshops, with how many people and teams each workshop has."""
    return (
        Participant.objects.filter(user=user, left_at=None)
        .select_related("workshop", "team")
        .annotate(
            people=Count(
                "workshop__participants",
                filter=Q(
                    workshop__participants__part__in=WRITERS,
                    workshop__participants__left_at=None,
                ),
                distinct=True,
            ),
            groups=Count("workshop__teams", distinct=True),
        )
        .order_by("-workshop__starts_at")
    )


def own_teams(workshop: Workshop) -> QuerySet[Team]:
    """The teams that are in no other workshop."""
    elsewhere = Team.objects.filter(workshops__in=Workshop.objects.exclude(pk=workshop.pk))
    return workshop.teams.exclude(pk__in=elsewhere).prefetch_related("use_cases")


def own_guests(workshop: Workshop) -> QuerySet[User]:
    """The guests who came for this workshop only, those who were taken out included."""
    elsewhere = Participant.objects.exclude(workshop=workshop)
    here = User.objects.filter(is_guest=True, participations__workshop=workshop)
    return here.exclude(participations__in=elsewhere).distinct()


def overdue() -> list[Workshop]:
    """The workshops whose data has had its time."""
    now = timezone.now()
    timed = Workshop.objects.exclude(delete_after_days=None)
    return [row for row in timed if row.deleted_on and row.deleted_on <= now]


def gather(workshop: Workshop) -> Workshop:
    """Read a workshop's steps and teams once for all that a page asks of them."""
    prefetch_related_objects([workshop], "steps", "teams")
    at = workshop.current_id
    # The same rows from here too, so that `current.workshop` does not read them again.
    workshop.current = next((step for step in workshop.steps.all() if step.pk == at), None)
    return workshop


def agenda(workshop: Workshop) -> list[Slot]:
    """The agenda with its times: as it ran for what has run, and from now on for the rest."""
    slots: list[Slot] = []
    at = workshop.opened_at or workshop.starts_at
    for step in workshop.steps.all():
        is_current = step.pk == workshop.current_id
        if step.opened_at is not None:
            at = step.opened_at
        slots.append(Slot(step, at, is_current))
        at = _end(step, at, is_current=is_current)
    return slots


def end_of(slots: list[Slot]) -> datetime | None:
    """When the last step of an agenda ends, or ended."""
    return _end(slots[-1].step, slots[-1].at, is_current=slots[-1].is_current) if slots else None


def _end(step: Step, at: datetime, *, is_current: bool) -> datetime:
    """When a step ended, or will."""
    if step.opened_at and step.closed_at and not is_current:
        return max(at, step.closed_at)
    if is_current and step.ends_at:
        return max(step.ends_at, timezone.now())
    if is_current and step.paused_left is not None:
        return timezone.now() + timedelta(seconds=step.paused_left)
    return at + timedelta(minutes=step.minutes)


def minutes_behind(workshop: Workshop) -> int:
    """How late the present step will end against the plan; below zero when ahead."""
    current = workshop.current
    if current is None or workshop.opened_at is None:
        return 0
    planned = sum(s.minutes for s in workshop.steps.all() if s.position <= current.position)
    due = workshop.opened_at + timedelta(minutes=planned)
    end = _end(current, current.opened_at or timezone.now(), is_current=True)
    return round((end - due).total_seconds() / 60)


def neighbours(workshop: Workshop) -> tuple[Step | None, Step | None]:
    """The step before the present one and the step after it."""
    steps = list(workshop.steps.all())
    place = next((i for i, step in enumerate(steps) if step.pk == workshop.current_id), -1)
    before = steps[place - 1] if place > 0 else None
    after = steps[place + 1] if place + 1 < len(steps) else None
    return before, after


def people(workshop: Workshop) -> QuerySet[Participant]:
    """Everybody who is in the workshop, with their teams."""
    return workshop.participants.filter(left_at=None).select_related("user", "team")


def removed(workshop: Workshop) -> QuerySet[Participant]:
    """Everybody who was taken out and not let back in."""
    return workshop.participants.exclude(left_at=None).select_related("user")


def deeds(workshop: Workshop) -> QuerySet[Deed]:
    """The audit log of a workshop and of its teams, the newest line first."""
    teams = workshop.teams.values_list("pk", flat=True)
    return Deed.objects.within([str(workshop.pk), *map(str, teams)])


@dataclass(frozen=True)
class Line:
    """One line of the audit log in words."""

    deed: Deed
    who: str
    words: str
    what: str


def told(deeds: Iterable[Deed]) -> list[Line]:
    """Lines of the log with the names that people have today; who is gone is a dash."""
    rows = list(deeds)
    ids = {row.who for row in rows if row.who}
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=ids)}
    return [
        Line(
            row,
            names.get(row.who, "–") if row.who else "–",
            str(audit.VERBS.get(row.verb, row.verb)),
            f"{audit.KINDS.get(row.kind, row.kind)} {row.what[:8]}".strip(),
        )
        for row in rows
    ]


def writers(workshop: Workshop) -> QuerySet[Participant]:
    """Those who answer and vote; "x of y" counts them and nobody else."""
    return people(workshop).filter(part__in=WRITERS)


def online(workshop: Workshop) -> int:
    """How many of the writers have a page open."""
    return writers(workshop).filter(seen_at__gt=timezone.now() - PRESENT_FOR).count()


def ready(workshop: Workshop) -> Tally:
    """How many have said that they are ready to go on."""
    row = writers(workshop).aggregate(total=Count("pk"), done=Count("pk", Q(is_ready=True)))
    return Tally("", row["done"], row["total"])


def answered(step: Step, items: int) -> list[Tally]:
    """For each team, how many answers of those it could give have come in."""
    done: Counter[object] = Counter(
        Response.objects.filter(step=step, is_late=False).values_list("by_id", flat=True)
    )
    members: defaultdict[Team | None, list[object]] = defaultdict(list)
    for place in writers(step.workshop):
        members[place.team].append(place.user_id)
    return [
        Tally(
            team.name if team else "",
            sum(min(items, done[user]) for user in users),
            len(users) * items,
        )
        for team, users in sorted(members.items(), key=lambda pair: pair[0].name if pair[0] else "")
    ]


def histogram(step: Step) -> dict[str, Counter[str]]:
    """For each item of a quiz, how many chose each option."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item, payload in Response.objects.filter(step=step, is_late=False).values_list(
        "item", "payload"
    ):
        counts[item][str(payload.get("option", ""))] += 1
    return dict(counts)


def responses_of(step: Step, user: User | None) -> dict[str, Response]:
    """One person's own answers, the latest of each item."""
    if user is None:
        return {}
    return {row.item: row for row in Response.objects.filter(step=step, by=user).order_by("at")}


def ballot(step: Step, team: Team | None) -> list[UseCase]:
    """What a team votes on: its use cases that nobody has put aside."""
    if team is None:
        return []
    return list(UseCase.objects.filter(team=team, archived_at=None))


def votes_of(step: Step, user: User | None) -> dict[object, Vote]:
    """One person's own votes by use case, the latest of each."""
    if user is None:
        return {}
    return {
        row.use_case_id: row for row in Vote.objects.filter(step=step, voter=user).order_by("at")
    }


def late_votes(step: Step) -> int:
    """How many votes came after the close and are not counted."""
    if step.options.get("counts_late"):
        return 0
    return Vote.objects.filter(step=step, is_late=True).count()


def spreads(step: Step, team: Team | None = None) -> list[Spread]:
    """The votes on every use case with their spread, highest score first."""
    cases = UseCase.objects.filter(team__workshops=step.workshop_id, archived_at=None)
    if team is not None:
        cases = cases.filter(team=team)
    rows: defaultdict[object, dict[object, Vote]] = defaultdict(dict)
    # A late vote stands beside the one that was in time, and takes its place once it is counted.
    for vote in Vote.objects.filter(step=step).order_by("is_late", "at"):
        if not vote.is_late or step.options.get("counts_late"):
            rows[vote.use_case_id][vote.voter_id] = vote
    letters: Counter[object] = Counter()
    found = []
    for case in cases.select_related("team"):
        letter = chr(ord("A") + letters[case.team_id] % 26)
        letters[case.team_id] += 1
        found.append(_spread(case, letter, list(rows[case.pk].values())))
    return sorted(found, key=lambda spread: (spread.use_case.team.name, -spread.score))


def _spread(case: UseCase, letter: str, votes: list[Vote]) -> Spread:
    points = tuple((vote.urgency, vote.importance) for vote in votes)
    across = [point[0] for point in points]
    up = [point[1] for point in points]
    return Spread(
        use_case=case,
        letter=letter,
        votes=points,
        urgency=float(median(across)) if across else 0.0,
        importance=float(median(up)) if up else 0.0,
        distance=max(max(across) - min(across), max(up) - min(up)) if points else 0,
        late=sum(vote.is_late for vote in votes),
    )


def decision_of(use_case: UseCase) -> Decision | None:
    """Who chose this use case, and why."""
    return use_case.decisions.select_related("by").last()


def chosen(team: Team | None) -> UseCase | None:
    """The one use case that a team goes on with."""
    if team is None:
        return None
    return UseCase.objects.filter(team=team, is_chosen=True).first()


def steps_run(workshop: Workshop) -> list[tuple[Step, int]]:
    """The steps that were opened, in order, with the minutes each one took."""
    return [
        (step, _minutes(step, workshop.closed_at or timezone.now()))
        for step in workshop.steps.all()
        if step.opened_at is not None
    ]


def _minutes(step: Step, until: datetime) -> int:
    assert step.opened_at is not None
    end = step.closed_at or until
    return max(0, round((end - step.opened_at).total_seconds() / 60))


def shown(workshop: Workshop) -> list[Step]:
    """The steps whose results everybody may look at again."""
    return list(workshop.steps.filter(state=Step.State.REVEALED))


def team_page(workshop: Workshop, place: Participant) -> dict[str, object]:
    """A team's use cases with how far each sheet is, for its own people."""
    cases = []
    if place.team is not None:
        rows = UseCase.objects.filter(team=place.team, archived_at=None)
        rows = rows.prefetch_related("answers", "prototypes__run", "prototypes__dataset")
        cases = [
            {"use_case": case, "progress": planner_queries.progress(case, SHEETS.values())}
            for case in rows
        ]
    return {"workshop": workshop, "place": place, "team": place.team, "cases": cases}
