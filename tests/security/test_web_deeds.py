"""The audit log: each deed leaves a line, no line is changed, and none says what people wrote."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from planner import audit
from planner.actions import attempts, milestones, prototypes, teams, use_cases
from planner.models import Deed, Role, Team, UseCase, User
from tests import factories
from tests.planner import results
from workshops.actions import closing, joining
from workshops.models import Workshop

ClientOf = Callable[[User], Client]


def verbs() -> list[str]:
    """What was done, in order."""
    return list(Deed.objects.order_by("pk").values_list("verb", flat=True))


def test_every_deed_that_matters_leaves_a_line(
    facilitator: User, pm: User, member: User, team: Team, use_case: UseCase, workshop: Workshop
) -> None:
    Deed.objects.forget(before=timezone.now())
    other = factories.use_case(team, "Other")
    place = joining.join(code=workshop.code, display_name="Aya", team=team)
    joining.remove(by=facilitator, participant=place)
    joining.let_in(by=facilitator, participant=place)
    joining.place(by=facilitator, participant=place, team=None, part="observer")
    joining.door(by=facilitator, workshop=workshop, is_locked=True, seats=9)
    joining.door(by=facilitator, workshop=workshop, is_locked=True, seats=9)
    joining.door(by=facilitator, workshop=workshop, is_locked=False, seats=9)
    teams.change_role(by=pm, team=team, user=member, role=Role.DEVELOPER)
    row = prototypes.bring_sample(by=pm, use_case=use_case, sample="churn")
    prototypes.cancel(by=pm, prototype=row)
    use_cases.archive(by=pm, use_case=other)
    use_cases.bring_back(by=pm, use_case=other)
    date = milestones.add(by=pm, use_case=use_case, title="x", due=timezone.localdate())
    milestones.remove(by=pm, milestone=date)
    closing.close_workshop(by=facilitator, workshop=workshop)
    assert verbs() == [
        *("joined", "removed", "let_in", "placed", "door_locked", "door_opened", "role_changed"),
        *("uploaded", "cancelled", "archived", "brought_back", "deleted", "closed"),
    ]
    first = Deed.objects.order_by("pk")[0]
    assert (first.who, first.kind, first.what) == (place.user_id, "participant", str(place.pk))
    assert first.tenant == str(workshop.pk)


def test_a_deed_that_fails_leaves_none(pm: User) -> None:
    before = len(verbs())
    with transaction.atomic():
        teams.create(by=pm, name="Mine")
        assert len(verbs()) == before + 1
        transaction.set_rollback(True)
    assert len(verbs()) == before
    with pytest.raises(KeyError):
        audit.write("no such verb", by=pm)


def test_no_line_is_changed_by_anybody(pm: User) -> None:
    line = audit.write("made", by=pm)
    line.verb = "erased"
    for change in (line.save, line.delete, Deed.objects.all().delete):
        with pytest.raises(TypeError):
            change()
    with pytest.raises(TypeError):
        Deed.objects.update(verb="erased")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE planner_deed SET verb = 'erased'")
    assert verbs() == ["made"]
    pm.delete()
    assert Deed.objects.get().who is not None
    assert Deed.objects.forget(before=timezone.now()) == 1


def test_coming_and_going_is_written_and_what_was_typed_is_not(client: Client, db: None) -> None:
    person = factories.user("Lea", password="long enough, and said by nobody")
    typed = {"username": "my secret password", "password": "x"}
    client.post("/sign-in/", typed)
    client.post("/sign-in/", {"username": person.username, "password": "wrong"})
    sent = {"username": person.username, "password": "long enough, and said by nobody"}
    client.post("/sign-in/", sent, headers={"X-Request-ID": "call-me-by-this"})
    client.post("/sign-out/")
    lines = list(Deed.objects.order_by("pk").values_list("verb", "what", "request"))
    assert [verb for verb, _what, _request in lines] == [
        *("sign_in_failed", "sign_in_failed", "signed_in", "signed_out")
    ]
    assert [what for _verb, what, _request in lines] == ["", *[str(person.pk)] * 3]
    assert lines[2][2] == "call-me-by-this"
    assert len({request for _verb, _what, request in lines}) == 4


def test_files_that_leave_the_house_are_written_down(
    pm: User, use_case: UseCase, client_of: ClientOf
) -> None:
    results.finished(use_case)
    for ending in ("json", "md", "csv"):
        client_of(pm).get(reverse("use_case_export", args=[use_case.pk, ending]))
    assert verbs().count("exported") == 3
    assert {row.tenant for row in Deed.objects.filter(verb="exported")} == {str(use_case.team_id)}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_those_who_lead_read_it_and_take_it_away(
    language: str, facilitator: User, pm: User, workshop: Workshop, client_of: ClientOf
) -> None:
    team = workshop.teams.get(name="Team B")
    joining.join(code=workshop.code, display_name="=cmd|' /C calc'!A0", team=team)
    audit.write("started", by=pm, of=pm, tenant=uuid.uuid4())
    client = client_of(facilitator)
    client.cookies["django_language"] = language
    page = client.get(reverse("log", args=[workshop.pk])).content.decode()
    assert {"en": "joined", "ja": "参加"}[language] in page
    assert {"en": "started a training", "ja": "学習を開始"}[language] not in page
    file = client.get(reverse("log_file", args=[workshop.pk]))
    assert file["Content-Disposition"].startswith("attachment")
    assert "'=cmd" in file.content.decode()


def test_operators_read_it_and_change_nothing(pm: User, client_of: ClientOf) -> None:
    line = audit.write("made", by=pm)
    pm.is_staff = pm.is_superuser = True
    pm.save()
    client = client_of(pm)
    assert "made" in client.get("/admin/planner/deed/").content.decode()
    assert client.get("/admin/planner/deed/add/").status_code == 403
    assert client.post(f"/admin/planner/deed/{line.pk}/change/", {"verb": "x"}).status_code == 403
    assert client.post(f"/admin/planner/deed/{line.pk}/delete/", {"post": "1"}).status_code == 403
    assert client.get("/admin/admin/logentry/").status_code == 200
    assert client.get("/admin/admin/logentry/add/").status_code == 403


# Counting tries --------------------------------------------------------------------------------


def test_tries_are_counted_and_counted_anew_when_their_time_is_up(db: None) -> None:
    assert [attempts.count("a", "b", seconds=60) for _try in range(3)] == [1, 2, 3]
    assert attempts.made("a", "b") == 3
    assert attempts.made("a") == 0
    assert attempts.count("over", seconds=-1) == 1
    assert attempts.made("over") == 0
    assert attempts.count("over", seconds=60) == 1


def test_the_api_says_when_it_was_too_fast(
    pm: User, member: User, client_of: ClientOf, settings: object
) -> None:
    settings.API_PER_MINUTE = 3  # type: ignore[attr-defined]
    client = client_of(pm)
    statuses = [client.get("/api/teams/").status_code for _try in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    answer = client.get("/api/teams/")
    assert answer.json()["detail"] == (
        "That was a lot at once. Go on in 60 seconds, and more slowly."
    )
    assert answer["Retry-After"] == "60"
    assert client_of(member).get("/api/teams/").status_code == 200


def test_strangers_of_one_address_have_a_pace_of_their_own(db: None, settings: object) -> None:
    settings.API_PER_MINUTE_ANONYMOUS = 2  # type: ignore[attr-defined]
    asked = [
        Client(REMOTE_ADDR="192.0.2.1").get(
            "/api/docs/", headers={"X-Forwarded-For": f"10.0.0.{n}"}
        )
        for n in range(4)
    ]
    assert [answer.status_code for answer in asked] == [200, 200, 429, 429]
    assert Client(REMOTE_ADDR="192.0.2.2").get("/api/docs/").status_code == 200
