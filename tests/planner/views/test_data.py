"""The pages of what a team keeps: who sees what, and that nothing goes by one slip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from planner.actions import prototypes
from planner.models import Package, Prototype, Team, UseCase, User

ClientOf = Callable[[User], Client]


def test_everybody_of_the_team_sees_how_much_is_kept(
    pm: User,
    member: User,
    outsider: User,
    team: Team,
    use_case: UseCase,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    address = reverse("team_data", args=[team.pk])
    for _ in range(3):
        prototypes.bring_sample(by=member, use_case=use_case, sample="churn")
    page = client_of(member).get(address).content.decode()
    assert "of 5.0\xa0GB used" in page
    assert page.count("churn.csv") == 3
    assert page.count("Delete it now") == 3
    assert "Pack everything" not in page
    assert client_of(outsider).get(address).status_code == 404
    client = client_of(pm)
    assert "Pack everything" in client.get(address).content.decode()
    with django_assert_num_queries(8):
        client.get(address)
    Prototype.objects.exclude(pk=Prototype.objects.first().pk).delete()  # type: ignore[union-attr]
    with django_assert_num_queries(8):
        client.get(address)


def test_a_pm_orders_a_package_and_sees_it_being_made(
    pm: User, team: Team, client_of: ClientOf
) -> None:
    client, address = client_of(pm), reverse("team_data", args=[team.pk])
    assert client.post(reverse("team_pack", args=[team.pk])).status_code == 302
    assert Package.objects.get().by == pm
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Being packed" in part
    assert "<html" not in part


def test_a_wrong_name_erases_nothing_and_says_so_at_its_place(
    pm: User, team: Team, use_case: UseCase, client_of: ClientOf
) -> None:
    client = client_of(pm)
    for name, row in (("team_erase", team), ("use_case_erase", use_case)):
        answer = client.post(reverse(name, args=[row.pk]), {"typed": "nearly"})
        assert answer.status_code == 422
        assert f'id="typed-{row.pk}-error"' in answer.content.decode()
        assert client.post(reverse(name, args=[row.pk])).status_code == 422
    assert UseCase.objects.exists()


def test_erased_is_gone_and_the_page_says_who_and_when(
    pm: User, team: Team, use_case: UseCase, client_of: ClientOf
) -> None:
    client = client_of(pm)
    answer = client.post(
        reverse("use_case_erase", args=[use_case.pk]), {"typed": use_case.title}, follow=True
    )
    assert "is erased" in answer.content.decode()
    answer = client.post(reverse("team_erase", args=[team.pk]), {"typed": team.name}, follow=True)
    page = answer.content.decode()
    assert "What was erased" in page
    assert "Mika" in page
    assert not Team.objects.exists()


def test_members_and_strangers_erase_nothing(
    member: User, outsider: User, team: Team, use_case: UseCase, client_of: ClientOf
) -> None:
    row = prototypes.bring_sample(by=member, use_case=use_case, sample="churn")
    for user, status in ((member, 403), (outsider, 404)):
        client = client_of(user)
        for name, subject in (("team_erase", team), ("use_case_erase", use_case)):
            for typed in ("Team A", use_case.title, ""):
                answer = client.post(reverse(name, args=[subject.pk]), {"typed": typed})
                assert answer.status_code == status
        assert client.post(reverse("team_pack", args=[team.pk])).status_code == status
    gone = client_of(outsider).post(reverse("prototype_erase", args=[row.pk]))
    assert gone.status_code == 404
    assert Prototype.objects.exists()


def test_a_prototype_is_deleted_from_its_page(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = prototypes.bring_sample(by=member, use_case=use_case, sample="churn")
    client, address = client_of(member), reverse("prototype", args=[row.pk])
    assert "Delete it now" not in client.get(address).content.decode()
    prototypes.cancel(by=member, prototype=row)
    assert "Delete it now" in client.get(address).content.decode()
    assert client.get(reverse("prototype_erase", args=[row.pk])).status_code == 302
    assert client.post(reverse("prototype_erase", args=[row.pk])).status_code == 302
    assert not Prototype.objects.exists()


def test_who_leaves_is_signed_out(member: User, team: Team, client_of: ClientOf) -> None:
    client = client_of(member)
    assert client.post(reverse("leave")).status_code == 302
    assert client.get(reverse("me")).status_code == 302
    member.refresh_from_db()
    assert str(member) == "Someone"


def test_the_only_one_who_decides_is_told_to_hand_it_on(
    pm: User, facilitator: User, team: Team, client_of: ClientOf
) -> None:
    team.memberships.get(user=facilitator).delete()
    answer = client_of(pm).post(reverse("leave"))
    assert answer.status_code == 422
    assert "Somebody has to decide" in answer.content.decode()


def test_a_team_without_room_is_told_at_the_file(
    member: User, use_case: UseCase, client_of: ClientOf, settings: Any
) -> None:
    settings.TENANT_BYTES = 10
    client, address = client_of(member), reverse("prototype_new", args=[use_case.pk])
    file = SimpleUploadedFile("t.csv", b"a,b\n1,2\n3,4\n")
    for sent in ({"file": file}, {"sample": "churn"}):
        answer = client.post(address, sent, headers={"Accept-Language": "ja"})
        assert answer.status_code == 422
        assert "保存容量" in answer.content.decode()
    assert not Prototype.objects.exists()
