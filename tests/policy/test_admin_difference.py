"""The page of differences, and publishing from it."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.people.models import Role, Team, User
from apps.policy.models import Rung, Version
from tests.policy import adminpages
from tests.policy.adminpages import page, seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def difference(draft):
    return page("version_difference", draft.pk)


@pytest.fixture
def publish(draft):
    return page("version_publish", draft.pk)


def test_publishing_from_the_page_puts_the_draft_in_force(browser, draft, difference, publish, owner):
    response = browser.post(publish, {"seen": seen(browser, difference), "read": "on"}, follow=True)
    assert response.redirect_chain == [(page("version_change", draft.pk), 302)]
    assert "Version 2 is in force." in response.text
    assert (Version.objects.current(), Version.objects.current().published_by) == (draft, owner)


def test_looking_changes_nothing(browser, draft, difference, publish):
    assert "No difference: both versions say the same." in browser.get(difference).text
    assert browser.get(publish).headers["Location"] == difference
    assert not Version.objects.get(pk=draft.pk).is_published


def test_without_the_confirmation_nothing_is_published(browser, draft, difference, publish):
    response = browser.post(publish, {"seen": seen(browser, difference)})
    assert "Please confirm that you have read what changes." in response.text
    assert not Version.objects.get(pk=draft.pk).is_published


def test_what_was_changed_after_the_page_was_read_is_not_published_unread(browser, draft, difference, publish):
    read = seen(browser, difference)
    row = draft.rows.get(priority="P1")
    row.first_response = 7
    row.save()

    response = browser.post(publish, {"seen": read, "read": "on"})

    assert "Somebody changed the rules since this page was opened." in response.text
    assert "7 min" in response.text
    assert not Version.objects.get(pk=draft.pk).is_published


def test_an_incomplete_draft_is_not_published_and_says_why(browser, draft, difference, publish):
    read = seen(browser, difference)
    Rung.objects.filter(ladder=draft.ladders.first()).delete()
    assert "has no rung" in browser.get(difference).text
    assert 'name="read"' not in browser.get(difference).text
    browser.post(publish, {"seen": read, "read": "on"})
    assert not Version.objects.get(pk=draft.pk).is_published


def test_publishing_demands_the_csrf_token(owner, draft, publish):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(publish, {"read": "on"}).status_code == 403
    assert not Version.objects.get(pk=draft.pk).is_published


def test_an_auditor_reads_what_changes_and_is_offered_no_publishing(draft, second_line, difference):
    client = adminpages.signed_in(adminpages.person(Role.AUDITOR, team=second_line))
    text = client.get(difference).text
    assert "Compared with version 1" in text
    assert 'name="read"' not in text


def test_a_published_version_is_compared_with_the_one_before_it(browser, published, draft):
    draft.rows.get(priority="P1").delete()
    Version.objects.filter(pk=draft.pk).update(title="改訂")
    assert "There is no published version before it" in browser.get(page("version_difference", published.pk)).text


def enlarge(draft, numbers):
    team, person = Team.objects.get(), User.objects.get(username="policy_owner")
    for number in numbers:
        ladder = draft.ladders.create(name=f"予備{number}")
        ladder.rungs.create(position=1, target="NAMED_TEAM", team=team, wait=5)
        ladder.rungs.create(position=2, target="PERSON", person=person, wait=5)
        calendar = draft.calendars.create(name=f"予備{number}")
        calendar.hours.create(weekday=0, opens="09:00", closes="17:00")
        calendar.closures.create(name="棚卸", starts_on="2026-11-26", ends_on="2026-11-26")
        draft.triggers.create(name=f"予備{number}", words="停電", to_level=team.level)


def test_the_statements_do_not_grow_with_what_differs(browser, draft, difference):
    enlarge(draft, range(1))
    few = adminpages.statements(browser, difference)
    enlarge(draft, range(1, 7))
    assert (few, adminpages.statements(browser, difference)) == (29, 29)
