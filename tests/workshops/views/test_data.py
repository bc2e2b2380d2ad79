"""The page of what a workshop keeps, and what everybody is told of it."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from planner.models import Package, User
from workshops.actions import closing
from workshops.models import Workshop

ClientOf = Callable[[User], Client]


def test_the_facilitator_says_how_long_and_everybody_is_told(
    facilitator: User, member: User, workshop: Workshop, client_of: ClientOf
) -> None:
    client, address = client_of(facilitator), reverse("workshop_data", args=[workshop.pk])
    assert "stays until its facilitator" in client.get(address).content.decode()
    for wrong in ("0", "-1", "x", "1e9"):
        assert client.post(address, {"days": wrong}).status_code == 422
    assert client.post(address, {"days": "30"}).status_code == 302
    assert "everything of this workshop is deleted" in client.get(address).content.decode()
    closing.close_workshop(by=facilitator, workshop=workshop)
    pages = (
        (facilitator, reverse("console", args=[workshop.pk])),
        (member, reverse("room", args=[workshop.code])),
    )
    for user, page in pages:
        said = client_of(user).get(page).content.decode()
        assert "everything of this workshop is deleted" in said
    client.post(address, {"days": ""})
    workshop.refresh_from_db()
    assert workshop.delete_after_days is None


def test_it_is_the_facilitators_page_alone(
    pm: User, member: User, outsider: User, workshop: Workshop, client_of: ClientOf
) -> None:
    for user in (pm, member, outsider):
        client = client_of(user)
        assert client.get(reverse("workshop_data", args=[workshop.pk])).status_code == 404
        for name in ("workshop_pack", "workshop_erase"):
            answer = client.post(reverse(name, args=[workshop.pk]), {"typed": workshop.title})
            assert answer.status_code == 404


def test_packing_and_erasing_from_the_page(
    facilitator: User, workshop: Workshop, client_of: ClientOf
) -> None:
    client = client_of(facilitator)
    assert client.post(reverse("workshop_pack", args=[workshop.pk])).status_code == 302
    assert Package.objects.get().subject == workshop.pk
    address = reverse("workshop_data", args=[workshop.pk])
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Being packed" in part
    erase = reverse("workshop_erase", args=[workshop.pk])
    assert client.post(erase, {"typed": "no"}).status_code == 422
    page = client.post(erase, {"typed": workshop.title}, follow=True).content.decode()
    assert "is erased" in page
    assert "What was erased" in page
    assert not Workshop.objects.exists()
