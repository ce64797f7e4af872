"""Logging in and out, as the site does it: JSON, a cookie, and a CSRF token from the answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_cache")]

PASSWORD = "correct-horse-battery"


class Browser:
    """A client that is checked for CSRF, with the site's habits."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.token = ""

    def ask(self, method: str, path: str, data: object = None) -> Any:
        answer = self.client.generic(
            method, path, "" if data is None else __import__("json").dumps(data), "application/json",
            headers={"X-CSRFToken": self.token, "Origin": "http://site.test"},
        )  # fmt: skip
        if answer.headers.get("Content-Type") == "application/json" and "csrfToken" in answer.json():
            self.token = answer.json()["csrfToken"]
        return answer


@pytest.fixture
def browser() -> Browser:
    browser = Browser()
    browser.ask("GET", "/api/session")
    return browser


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password=PASSWORD)


def test_a_stranger_is_nobody_and_gets_a_token(browser: Browser) -> None:
    document = browser.ask("GET", "/api/session").json()
    assert document["user"] is None
    assert document["signUp"] is True
    assert len(document["csrfToken"]) > 30


def test_log_in_and_out(browser: Browser, ann: User) -> None:
    answer = browser.ask("POST", "/api/session", {"username": "ann", "password": PASSWORD})
    assert (answer.status_code, answer.json()["user"]) == (200, {"username": "ann"})
    assert browser.ask("GET", "/api/session").json()["user"] == {"username": "ann"}
    assert browser.ask("DELETE", "/api/session").status_code == 204
    assert browser.ask("GET", "/api/session").json()["user"] is None


def test_a_wrong_password_is_said_in_a_sentence(browser: Browser, ann: User) -> None:
    answer = browser.ask("POST", "/api/session", {"username": "ann", "password": "wrong"})
    assert answer.status_code == 400
    assert answer.json() == {"detail": "That name and password don't go together."}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/session"), ("DELETE", "/api/session"), ("POST", "/api/users")]
)
def test_nothing_changes_without_the_token(ann: User, method: str, path: str) -> None:
    """The site looks for the word CSRF in a 403 and fetches a new token."""
    answer = Browser().ask(method, path, {"username": "ann", "password": PASSWORD})
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_a_picture_is_not_announced_without_the_token(browser: Browser, ann: User) -> None:
    browser.client.force_login(ann)
    browser.token = ""
    assert browser.ask("POST", "/api/pictures", {}).status_code == 403


def test_another_sites_page_may_not_log_anybody_in(browser: Browser, ann: User) -> None:
    answer = browser.client.post(
        "/api/session", {"username": "ann", "password": PASSWORD}, content_type="application/json",
        headers={"X-CSRFToken": browser.token, "Origin": "https://evil.test"},
    )  # fmt: skip
    assert answer.status_code == 403


def test_signing_up_logs_in(browser: Browser) -> None:
    answer = browser.ask("POST", "/api/users", {"username": "bob", "password": PASSWORD})
    assert (answer.status_code, answer.json()["user"]) == (201, {"username": "bob"})
    assert browser.ask("GET", "/api/session").json()["user"] == {"username": "bob"}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"username": "ann", "password": PASSWORD}, "username"),
        ({"username": "bob", "password": "password"}, "password"),
        ({"username": "b b", "password": PASSWORD}, "username"),
        ({"username": "bob"}, "password"),
    ],
)
def test_a_taken_name_and_a_weak_password_are_refused_by_field(
    browser: Browser, ann: User, data: object, field: str
) -> None:
    answer = browser.ask("POST", "/api/users", data)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_guessing_is_slowed_down(browser: Browser, ann: User) -> None:
    statuses = [
        browser.ask("POST", "/api/session", {"username": "ann", "password": "guess"}).status_code
        for _ in range(31)
    ]
    assert statuses == [400] * 30 + [429]
    assert browser.ask("GET", "/api/session").status_code == 200
