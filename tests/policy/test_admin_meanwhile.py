"""Two people at the forms of one draft: nothing is overwritten unseen, and no typed word is lost."""

from __future__ import annotations

import pytest

from apps.people.models import Membership, Role, User
from apps.policy.models import Category, Ladder
from tests.policy import adminpages
from tests.policy.adminpages import page, seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(draft, second_line):
    user = User.objects.create(username="second", is_staff=True, language="en", last_name="Mori", first_name="Chihiro")
    Membership.objects.create(user=user, team=second_line, role=Role.POLICY_OWNER)
    return adminpages.signed_in(user)


@pytest.fixture
def ladder(draft):
    return draft.ladders.first()


def sent(client, ladder, *, name="夜間", wait=7):
    """What a browser sends from the page of the ladder as it is now."""
    rungs = list(ladder.rungs.order_by("position"))
    data = {"version": ladder.version_id, "name": name, "last_rung_repeats": 1, "alarm_interval": 60}
    data |= {"rungs-TOTAL_FORMS": len(rungs), "rungs-INITIAL_FORMS": len(rungs)}
    for index, rung in enumerate(rungs):
        values = {"id": rung.pk, "ladder": ladder.pk, "position": rung.position, "target": rung.target}
        values |= {"role": rung.role, "wait": wait, "means": rung.means}
        data |= {f"rungs-{index}-{field}": value for field, value in values.items()}
    return data | {"seen": seen(client, page("ladder_change", ladder.pk))}


def publish(client, draft):
    difference = page("version_difference", draft.pk)
    response = client.post(page("version_publish", draft.pk), {"seen": seen(client, difference), "read": "on"})
    assert response.status_code == 302


def waits(ladder):
    return list(ladder.rungs.order_by("position").values_list("wait", flat=True))


def test_a_ladder_that_somebody_changed_meanwhile_is_not_overwritten_unseen(browser, colleague, ladder, owner):
    path, mine, theirs = page("ladder_change", ladder.pk), sent(colleague, ladder), sent(browser, ladder, wait=20)
    assert browser.post(path, theirs).status_code == 302

    response = colleague.post(path, mine | {"name": "私の名前"})

    text = " ".join(response.text.split())
    assert response.status_code == 200
    assert "Somebody changed this while you were working on it" in text
    assert f"{owner} – Rung" in text
    assert "Wait (min): 5 → 20" in text
    assert 'value="私の名前"' in text
    assert 'name="rungs-0-wait" value="7"' in text
    assert waits(ladder) == [20, 20, 20]

    again = mine | {"name": "私の名前", "seen": response.context["seen"]}
    assert colleague.post(path, again).status_code == 302
    assert (Ladder.objects.get(pk=ladder.pk).name, waits(ladder)) == ("私の名前", [7, 7, 7])


@pytest.mark.parametrize("part", ["ladder", "calendar", "version"])
def test_a_form_whose_version_was_published_meanwhile_keeps_what_was_typed(browser, colleague, draft, owner, part):
    thing = draft if part == "version" else getattr(draft, f"{part}s").first()
    path = page(f"{part}_change", thing.pk)
    early = seen(colleague, path)
    publish(browser, draft)

    name = "title" if part == "version" else "name"
    response = colleague.post(path, {"seen": early, name: "長く考えた言葉"})

    assert response.status_code == 200
    assert f"{owner} published version 2 meanwhile" in response.text
    assert f'name="{name}" value="長く考えた言葉"' in response.text
    assert 'name="_save"' not in response.text
    assert getattr(type(thing).objects.get(pk=thing.pk), name) != "長く考えた言葉"


def test_a_closure_for_a_calendar_that_was_published_meanwhile_keeps_what_was_typed(browser, colleague, draft, owner):
    calendar = draft.calendars.get()
    path = page("calendar_month", calendar.pk)
    early = seen(colleague, path)
    publish(browser, draft)
    closures = calendar.closures.count()

    typed = {"seen": early, "name": "創立記念日", "starts_on": "2026-12-01", "ends_on": "2026-12-01"}
    response = colleague.post(path, typed)

    assert f"{owner} published version 2 meanwhile" in response.text
    assert 'value="創立記念日"' in response.text
    assert calendar.closures.count() == closures


def test_a_category_that_somebody_changed_meanwhile_is_not_overwritten_unseen(browser, colleague, draft):
    category = Category.objects.first()
    path = page("category_change", category.pk)
    data = {"code": category.code, "name": "彼らの名前", "is_active": "on", "seen": seen(colleague, path)}
    assert browser.post(path, data).status_code == 302
    response = colleague.post(path, data | {"name": "私の名前"})
    assert 'value="私の名前"' in response.text
    assert Category.objects.get(pk=category.pk).name == "彼らの名前"
