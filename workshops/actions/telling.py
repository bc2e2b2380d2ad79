"""What the room's pages show, and telling them when it changes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from planner import queries as planner_queries
from planner.models import Answer, Prototype, Team, User
from planner.sheets import SHEETS
from sandbox.models import Dataset, Job, Run
from workshops import activities, live, queries
from workshops.live import Seat
from workshops.models import Audience, Event, Participant, Workshop
from workshops.rules import WRITERS

UNDO = timedelta(seconds=10)
# Counts follow a burst of answers no faster than this; the pages' own pulse brings the last ones.
AT_MOST_EVERY = timedelta(seconds=1)

Drawings = Mapping[Seat, Callable[[], str]]


def console_page(workshop: Workshop) -> dict[str, Any]:
    """What the facilitator sees: agenda, stage, time, script and the way on."""
    workshop = queries.gather(workshop)
    before, after = queries.neighbours(workshop)
    can_undo = workshop.moved_at is not None and workshop.moved_at + UNDO > timezone.now()
    return {
        "workshop": workshop,
        "slots": queries.agenda(workshop),
        "behind": queries.minutes_behind(workshop),
        "before": before,
        "after": after,
        "ready": queries.ready(workshop),
        "online": queries.online(workshop),
        "undo_until": workshop.moved_at + UNDO if can_undo and workshop.moved_at else None,
        "now": timezone.now(),
        # Whoever presses the same button of the same page twice means it once.
        "op": uuid.uuid4(),
        **activities.stage(workshop.current, Audience.CONSOLE),
    }


def screen_page(workshop: Workshop) -> dict[str, Any]:
    """What the projector shows, in the workshop's own language."""
    workshop = queries.gather(workshop)
    return {
        "workshop": workshop,
        "now": timezone.now(),
        "ready": queries.ready(workshop),
        "online": queries.online(workshop),
        "slots": [] if workshop.current else queries.agenda(workshop),
        **activities.stage(workshop.current, Audience.SCREEN),
    }


def room_page(
    workshop: Workshop,
    team: Team | None,
    place: Participant | None = None,
    look: str = "",
    *,
    is_reader: bool = False,
) -> dict[str, Any]:
    """What a phone shows; without a person, what everybody of the team is sent."""
    workshop = queries.gather(workshop)
    user: User | None = place.user if place else None
    is_reader = is_reader or (place is not None and place.part not in WRITERS)
    return {
        "workshop": workshop,
        "place": place,
        "is_reader": is_reader,
        "now": timezone.now(),
        "slots": [] if workshop.current else queries.agenda(workshop),
        **activities.stage(workshop.current, Audience.ROOM, team, user, look),
    }


def everybody(
    workshop: Workshop, name: str, *, op: uuid.UUID | None = None, resets: bool = False
) -> Event:
    """Send every page what it shows now; a change of the room always carries the full state."""

    def draw(room: Workshop) -> Drawings:
        is_by_team = bool(room.current and activities.of(room.current).is_by_team)
        teams = list(room.teams.all()) if is_by_team else []
        drawings: dict[Seat, Callable[[], str]] = {
            Seat(Audience.CONSOLE): lambda: _html("console", console_page(room)),
            Seat(Audience.SCREEN): lambda: _screen("screen", room),
            Seat(Audience.ROOM): _drawing_for(room, None, resets=resets),
            live.READERS: lambda: _html("room", room_page(room, None, is_reader=True)),
        }
        for team in teams:
            drawings[Seat(Audience.ROOM, team.pk)] = _drawing_for(room, team, resets=resets)
        return drawings

    return live.publish(workshop, name, draw, op=op)


def clock(workshop: Workshop, name: str, *, op: uuid.UUID | None = None) -> Event:
    """Send every page the clock, and leave alone what people are writing."""

    def draw(room: Workshop) -> Drawings:
        return {
            Seat(Audience.CONSOLE): lambda: _html("console", console_page(room)),
            Seat(Audience.SCREEN): lambda: _screen("clock", room),
            Seat(Audience.ROOM): lambda: _html("room", room_page(room, None), "clock"),
        }

    return live.publish(workshop, name, draw, op=op)


def counts(
    workshop: Workshop, name: str, *, op: uuid.UUID | None = None, moved: User | None = None
) -> Event:
    """Tell console and projector how many have answered, voted, joined: never what.

    Whoever was `moved` looks from another place from now on, so their own pages load again.
    """

    def draw(room: Workshop) -> Drawings:
        drawings: dict[Seat, Callable[[], str]] = {
            Seat(Audience.CONSOLE): lambda: _html("console", console_page(room), "counts"),
            Seat(Audience.SCREEN): lambda: _screen("counts", room),
        }
        if moved is not None:
            drawings[Seat(live.MOVED, moved.pk)] = str
        return drawings

    return live.publish(workshop, name, draw, op=op)


def team(workshop: Workshop, of: Team, name: str, *, op: uuid.UUID | None = None) -> Event:
    """Send one team's pages what they show now, and the facilitator the new counts."""

    def draw(room: Workshop) -> Drawings:
        return {
            Seat(Audience.CONSOLE): lambda: _html("console", console_page(room), "counts"),
            Seat(Audience.SCREEN): lambda: _screen("counts", room),
            Seat(Audience.ROOM, of.pk): _drawing_for(room, of),
        }

    return live.publish(workshop, name, draw, op=op)


def written(answer: Answer) -> None:
    """Send one field to the pages of its team, and the counts to those who lead the room."""
    team = answer.use_case.team_id
    rooms = Workshop.objects.filter(state=Workshop.State.LIVE, teams=team, current__isnull=False)
    for room in rooms.select_related("current"):
        if room.current and activities.of(room.current).shows(room.current, answer.sheet):
            _written(room, team, answer)


def _written(workshop: Workshop, team: uuid.UUID, answer: Answer) -> None:
    since = timezone.now() - AT_MOST_EVERY
    room = live.lock(workshop)
    is_burst = room.events.filter(
        number__gt=room.last_event - 50, name="counted", at__gt=since
    ).exists()
    sheet = SHEETS[answer.sheet]
    values = planner_queries.all_values(answer.use_case).get(sheet.name, {})
    missing = sheet.missing(values)
    field = {
        "use_case": answer.use_case,
        "sheet": sheet,
        "answer": answer,
        "body": urlencode(sheet.field(answer.field).kind.posted(answer.value)),
        "missing": missing,
        "total": len(sheet.missing({})),
        "done": len(sheet.missing({})) - len(missing),
        "verdict": sheet.verdict(values),
    }

    def draw(room: Workshop) -> Drawings:
        drawings: dict[Seat, Callable[[], str]] = {
            Seat(Audience.ROOM, team): lambda: render_to_string("workshops/written.html", field),
        }
        if not is_burst:
            drawings[Seat(Audience.CONSOLE)] = lambda: _html(
                "console", console_page(room), "counts"
            )
            drawings[Seat(Audience.SCREEN)] = lambda: _screen("counts", room)
        return drawings

    live.publish(room, "written" if is_burst else "counted", draw)


def worked(job: Job) -> None:
    """Send where a team's training stands to its own pages, and to those who lead the room."""
    if not isinstance(job, Dataset | Run):
        return
    is_its = Q(run=job) if isinstance(job, Run) else Q(dataset=job, run=None)
    owners = Team.objects.filter(pk__in=Prototype.objects.filter(is_its).values("use_case__team"))
    for owner in owners:
        rooms = owner.workshops.filter(state=Workshop.State.LIVE, current__isnull=False)
        for room in rooms.select_related("current"):
            if room.current and activities.of(room.current).trains:
                team(room, owner, "worked")


def _drawing_for(room: Workshop, team: Team | None, *, resets: bool = False) -> Callable[[], str]:
    """What everybody of a team is sent; only a move resets everybody's own "ready"."""
    return lambda: _html("room", {**room_page(room, team), "resets": resets})


def _html(page: str, context: dict[str, Any], partial: str = "live") -> str:
    return render_to_string(f"workshops/{page}.html#{partial}", context)


def _screen(partial: str, room: Workshop) -> str:
    with translation.override(room.language):
        return _html("screen", screen_page(room), "live" if partial == "screen" else partial)
