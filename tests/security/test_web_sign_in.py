"""G3: passwords, and the second step that an account may ask for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from planner.actions import second_step
from planner.models import Deed, User
from tests import factories
from tests.faults.reading import is_fit

PASSWORD = "long enough, and said by nobody"
ClientOf = Callable[[User], Client]


def digits(user: User, ahead: int = 0) -> str:
    """What somebody's phone shows; `ahead` steps later, since each works once."""
    device = TOTPDevice.objects.get(user=user)
    clock = TOTP(device.bin_key, device.step, device.t0, device.digits)
    clock.time = timezone.now().timestamp() + ahead * device.step
    return f"{clock.token():06}"


def sign_in(client: Client, user: User, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/sign-in/", {"username": user.username, "password": password}, **more)


@pytest.fixture
def lead(db: None) -> User:
    """A facilitator with a password."""
    return factories.user("Lea", password=PASSWORD)


@pytest.fixture
def careful(lead: User) -> User:
    """The same, who set up a second step."""
    second_step.begin(by=lead)
    second_step.confirm(by=lead, code=digits(lead, -1))
    return lead


# Passwords -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ja"])
def test_g3_ten_wrong_passwords_lock_one_name_from_one_address(language: str, lead: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.1")
    client.cookies["django_language"] = language
    statuses = [sign_in(client, lead, "wrong").status_code for _try in range(12)]
    assert statuses == [422] * 9 + [429] * 3
    locked = sign_in(client, lead)
    assert locked.status_code == 429
    text = is_fit(locked, language)
    assert {"en": "Wait 10 minutes", "ja": "10 分"}[language] in text
    # Nobody else of the house, and not the owner at home.
    other = factories.user("Other", password=PASSWORD)
    assert sign_in(client, other).status_code == 302
    assert sign_in(Client(REMOTE_ADDR="192.0.2.2"), lead).status_code == 302


def test_g3_no_header_makes_a_new_address(lead: User) -> None:
    for number in range(10):
        sign_in(Client(), lead, "wrong", headers={"X-Forwarded-For": f"192.0.2.{number}"})
    assert sign_in(Client(), lead).status_code == 429


@pytest.mark.parametrize("password", ["elevenchars", "password1234"])
def test_passwords_are_long_and_not_everybodys(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password)


def test_a_session_has_another_key_after_signing_in(client: Client, lead: User) -> None:
    client.get("/sign-in/")
    session = client.session
    session["before"] = "1"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before or ""
    sign_in(client, lead)
    assert client.session.session_key != before


# The second step -------------------------------------------------------------------------------


def test_the_password_alone_lets_nobody_in(client: Client, careful: User) -> None:
    response = sign_in(client, careful)
    assert response["Location"] == "/sign-in/code/"
    assert client.get("/me/").status_code == 302
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    assert client.get("/me/").status_code == 302


def test_the_phone_lets_in_and_leads_on(client: Client, careful: User) -> None:
    form = {"username": careful.username, "password": PASSWORD, "next": "/library/"}
    client.post("/sign-in/", form)
    typed = " ".join(digits(careful)).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    answer = client.post("/sign-in/code/", {"code": typed})
    assert answer["Location"] == "/library/"
    assert client.get("/me/").status_code == 200
    # The same digits are of no use to whoever looked over a shoulder.
    spy = Client()
    sign_in(spy, careful)
    assert spy.post("/sign-in/code/", {"code": typed}).status_code == 422


def test_a_recovery_code_works_once(careful: User) -> None:
    code = second_step.renew_codes(by=careful)[0]
    for status in (302, 422):
        client = Client()
        sign_in(client, careful)
        assert client.post("/sign-in/code/", {"code": code.upper()}).status_code == status


def test_wrong_codes_make_the_next_one_wait(careful: User) -> None:
    client = Client()
    sign_in(client, careful)
    for _try in range(4):
        client.post("/sign-in/code/", {"code": "000000"})
    assert client.post("/sign-in/code/", {"code": digits(careful)}).status_code == 422


def test_the_second_step_without_the_first_leads_to_the_first(client: Client, db: None) -> None:
    for answer in (client.get("/sign-in/code/"), client.post("/sign-in/code/", {"code": "1"})):
        assert answer["Location"] == "/sign-in/"


def test_a_password_given_long_ago_is_forgotten(
    client: Client, careful: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, careful)
    monkeypatch.setattr("planner.views.home.PATIENCE", -1)
    assert client.post("/sign-in/code/", {"code": digits(careful)})["Location"] == "/sign-in/"


def test_it_is_set_up_changed_and_turned_off_on_a_page(lead: User, client_of: ClientOf) -> None:
    client, path = client_of(lead), "/me/second-step/"
    assert not TOTPDevice.objects.exists()
    page = client.post(path, {"begin": "1"}).content.decode()
    assert "data:image/svg+xml;base64," in page
    assert client.post(path, {"confirm": "1", "code": "000000"}).status_code == 422
    assert not second_step.is_on(lead)
    key = client.session.session_key
    shown = client.post(path, {"confirm": "1", "code": digits(lead, -1)})
    codes = re.findall(r"<code>([a-z2-9]{8})</code>", shown.content.decode())
    assert len(set(codes)) == 10
    assert "no-store" in shown["Cache-Control"]
    assert client.session.session_key != key
    # Where it is on, nobody begins anew, and a code is asked for whatever is changed.
    assert client.post(path, {"begin": "1"}).status_code == 302
    assert client.post(path, {"off": "1", "code": "wrong"}).status_code == 422
    assert second_step.is_on(lead)
    more = client.post(path, {"renew": "1", "code": digits(lead)}).content.decode()
    assert codes[0] not in more
    kept = re.findall(r"<code>([a-z2-9]{8})</code>", more)
    assert client.post(path, {"off": "1", "code": kept[0]}).status_code == 302
    assert not second_step.is_on(lead)
    assert set(Deed.objects.values_list("verb", flat=True)) >= {"second_step_on", "second_step_off"}


def test_guests_have_no_password_and_no_second_step(member: User, client_of: ClientOf) -> None:
    assert client_of(member).get("/me/second-step/").status_code == 403
    with pytest.raises(PermissionDenied):
        second_step.begin(by=member)


# Administration --------------------------------------------------------------------------------


def operator(user: User) -> User:
    user.is_staff = user.is_superuser = True
    user.save()
    return user


def test_administration_has_no_door_of_its_own(client: Client, careful: User) -> None:
    operator(careful)
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/sign-in/?next=/admin/"
    form = {"username": careful.username, "password": PASSWORD, "next": "/admin/"}
    client.post("/admin/login/", form)
    assert client.get("/admin/").status_code == 302
    client.post("/sign-in/", form)
    assert client.get("/admin/").status_code == 302
    client.post("/sign-in/code/", {"code": digits(careful)})
    assert client.get("/admin/").status_code == 200


def test_a_session_from_before_the_second_step_does_not_administrate(
    careful: User, client_of: ClientOf
) -> None:
    client = client_of(operator(careful))
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/me/second-step/"
    assert "Administration asks for a second step" in answer.content.decode()


def test_an_installation_may_ask_every_operator_for_it(
    lead: User, client_of: ClientOf, settings: Any
) -> None:
    client = client_of(operator(lead))
    assert client.get("/admin/").status_code == 200
    settings.OTP_REQUIRED_FOR_ADMIN = True
    assert client.get("/admin/").status_code == 302


def test_no_operator_reads_the_secret_of_a_phone(careful: User, client_of: ClientOf) -> None:
    operator(careful)
    client = Client()
    sign_in(client, careful)
    client.post("/sign-in/code/", {"code": digits(careful)})
    device = TOTPDevice.objects.get()
    page = client.get(f"/admin/otp_totp/totpdevice/{device.pk}/change/")
    assert page.status_code == 200
    assert device.key not in page.content.decode()
