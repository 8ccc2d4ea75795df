"""What holds for every page: sign-in, few statements, nothing inline or from elsewhere, the reader's language."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone
from django.views import defaults

from apps.cases import confirmation
from apps.cases.models import Link
from apps.people.models import User

pytestmark = pytest.mark.django_db

STATEMENTS = 12


@pytest.fixture
def cases(cast, life):
    """A case in each state, one of them on hold, one linked."""
    found = SimpleNamespace(
        received=life.received(impact="SOME"),
        escalated=life.escalated(impact="SOME"),
        in_progress=life.in_progress(impact="SOME"),
        resolved=life.resolved(impact="SOME"),
        reviewed=life.reviewed(impact="SOME"),
        held=life.in_progress(impact="SOME"),
    )
    life.do("hold", found.held, by=cast.responder)
    life.do("note", found.held, by=cast.responder)
    Link.objects.create(case=found.held, kind="PARENT", other=found.received)
    return found


def paths(cases):
    pages = [f"/cases/{case.number}/" for case in vars(cases).values()]
    dialogs = [
        f"/cases/{cases.received.number}/{verb}/" for verb in ("escalate", "resolve", "hand_over", "hold", "link")
    ] + [f"/cases/{cases.held.number}/{verb}/" for verb in ("hand_over", "de_escalate", "resolve")]
    lists = [
        "/",
        "/report/",
        "/rules/",
        "/rules/?kind=refund",
        "/contacts/",
        "/settings/",
        "/cases/",
        "/cases/?of=held",
        "/cases/?of=team",
        "/cases/?of=nonsense&page=99",
    ]
    return [*lists, *pages, *dialogs, f"/cases/{cases.reviewed.number}/review/"]


@pytest.mark.parametrize("name", ["operator", "responder", "manager", "salesmanager", "director", "admin"])
def test_no_page_needs_more_than_twelve_statements(
    as_user, cast, cases, name, django_assert_max_num_queries, record_property
):
    client, measured = as_user(getattr(cast, name)), {}
    client.get(f"/cases/{cases.held.number}/")  # the policy version is read once per process

    for path in paths(cases):
        with django_assert_max_num_queries(STATEMENTS, info=path) as counted:
            answer = client.get(path)
        if answer.status_code == 200:
            measured[path] = len(counted)

    record_property("statements", measured)
    assert measured


def test_the_customers_page_needs_few_statements(life, django_assert_max_num_queries):
    link = confirmation.url(life.resolved(), timezone.now()).partition("/confirm/")[2]

    with django_assert_max_num_queries(2):
        assert Client().get(f"/confirm/{link}").status_code == 200


def test_pages_carry_nothing_inline_and_nothing_from_elsewhere(as_user, cast, cases):
    """So that a strict Content-Security-Policy is possible."""
    clients = [as_user(cast.operator), as_user(cast.responder)]
    link = confirmation.url(cases.resolved, timezone.now()).partition("/confirm/")[2]
    found = [client.get(path) for client in clients for path in paths(cases)]
    found += [Client().get(path) for path in ("/login/", f"/confirm/{link}", "/confirm/broken/", "/nowhere/")]

    for html in (answer.content.decode() for answer in found):
        assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:|<script(?! src=)", html) == []
        assert re.findall(r'<(?!a )[^>]*(?:src|href|action)="(?:https?:)?//[^"]*', html) == []


@pytest.mark.parametrize("path", ["/", "/report/", "/cases/", "/cases/ESC-2026-000001/hold/"])
def test_a_stranger_is_asked_to_sign_in(path):
    answer = Client().get(path)

    assert (answer.status_code, answer.url) == (302, f"/login/?next={path}")


def test_signing_in_and_out(cast, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    operator = User.objects.get(username="operator")
    operator.set_password("a pass phrase")
    operator.save()
    client = Client(headers={"accept-language": "en"})

    wrong = client.post("/login/", {"username": "operator", "password": "nonsense"})
    right = client.post("/login/", {"username": "operator", "password": "a pass phrase", "next": "/cases/"})

    assert "Please enter a correct username and password" in wrong.content.decode()
    assert right.url == "/cases/"
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").url == "/"


def test_only_those_with_an_inbox_are_led_there(as_user, cast):
    inbox = "/admin/cases/case/?queue=inbox"

    assert inbox not in as_user(cast.operator).get("/").content.decode()
    assert inbox in as_user(cast.responder).get("/").content.decode()


def test_the_lists_of_my_cases(as_user, cast, cases):
    def shown(user, of):
        return {line.case.pk for line in as_user(user).get(f"/cases/?of={of}").context["lines"]}

    everything = {case.pk for case in vars(cases).values()}
    assert shown(cast.operator, "reported") == everything
    assert shown(cast.operator, "held") == {cases.received.pk}
    assert shown(cast.tanaka, "team") == {cases.received.pk}
    assert shown(cast.responder, "held") == {cases.in_progress.pk, cases.resolved.pk, cases.held.pk}
    assert shown(cast.shop, "reported") == shown(cast.shop, "team") == set()


def test_the_reader_may_switch_the_language(cast):
    client = Client()
    client.force_login(cast.operator)
    assert '<html lang="ja">' in client.get("/").content.decode()

    client.post("/i18n/setlang/", {"language": "en", "next": "/"})

    assert '<html lang="en">' in client.get("/").content.decode()


def test_what_is_not_there_is_said_in_the_desks_own_style(as_user, cast):
    answer = as_user(cast.operator).get("/cases/ESC-2026-000001/")

    assert answer.status_code == 404
    assert "This page is not here" in answer.content.decode()
    assert "desk/desk.css" in answer.content.decode()


def test_the_error_page_needs_neither_database_nor_request(django_assert_num_queries):
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    with django_assert_num_queries(0):
        answer = defaults.server_error(request)

    assert answer.status_code == 500
    assert "desk/desk.css" in answer.content.decode()


def test_a_page_open_too_long_says_what_to_do(cast):
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    client.force_login(cast.operator)
    client.cookies["django_language"] = "en"

    answer = client.post("/report/", {"subject": "x"})

    assert answer.status_code == 403
    assert "Please send it again" in answer.content.decode()


def test_it_can_be_installed(as_user, cast):
    client = Client(headers={"accept-language": "ja"})

    manifest = client.get("/manifest.webmanifest").json()
    worker = client.get("/sw.js")

    assert (manifest["name"], manifest["start_url"], manifest["display"]) == ("エスカレ 受付窓口", "/", "standalone")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    assert worker["Content-Type"].startswith("text/javascript")
    assert "no-store" in worker["Cache-Control"]
    assert client.get("/offline/").status_code == 200
    assert str(cast.operator) not in as_user(cast.operator).get("/offline/").content.decode()
