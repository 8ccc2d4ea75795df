"""Who may open and change what of the policy, and the lists and forms that are the admin's own."""

from __future__ import annotations

import pytest

from apps.people.models import Role
from apps.policy.models import Category, Ladder, Version
from tests.policy import adminpages
from tests.policy.adminpages import page

pytestmark = pytest.mark.django_db

CONFIRMED = {"_form_submitted": "True"}


def pages_of(version):
    ladder, calendar = version.ladders.first(), version.calendars.get()
    return [
        *(page(f"version_{name}", version.pk) for name in ("change", "difference")),
        *(page("ladder_change", ladder.pk), page("calendar_change", calendar.pk), page("calendar_month", calendar.pk)),
        *(page(f"{name}_changelist") for name in ("version", "ladder", "calendar", "category")),
    ]


def posts_to(version):
    calendar = version.calendars.get()
    return {
        page("version_grid", version.pk): {"seen": "0.0"},
        page("version_publish", version.pk): {"read": "on"},
        page("version_change", version.pk): {"title": "x"},
        page("version_delete", version.pk): {"post": "yes"},
        page("version_changelist") + f"{version.pk}/copy/": CONFIRMED,
        page("ladder_change", version.ladders.first().pk): {"name": "x"},
        page("calendar_change", calendar.pk): {"name": "x"},
        page("calendar_month", calendar.pk): {"name": "x", "starts_on": "2026-12-01", "ends_on": "2026-12-01"},
    }


LOOK = {Role.AUDITOR: 200, Role.MANAGER: 403, Role.LEAD: 403, Role.RESPONDER: 403}


@pytest.mark.parametrize("role", LOOK)
def test_each_role_opens_what_the_table_of_permissions_says(draft, second_line, role):
    client = adminpages.signed_in(adminpages.person(role, team=second_line))
    assert {path: client.get(path).status_code for path in pages_of(draft)} == dict.fromkeys(
        pages_of(draft), LOOK[role]
    )
    assert client.get(page("version_grid", draft.pk)).status_code == 403


def test_first_line_staff_do_not_get_into_the_admin_at_all(draft, second_line):
    operator = adminpages.person(Role.OPERATOR, team=second_line)
    operator.is_staff = False
    operator.save()
    client = adminpages.signed_in(operator)
    for path in pages_of(draft):
        assert client.get(path).headers["Location"].startswith("/admin/login/"), path


@pytest.mark.parametrize("role", LOOK)
def test_nobody_but_the_policy_owner_changes_anything_by_a_direct_post(draft, second_line, role):
    client = adminpages.signed_in(adminpages.person(role, team=second_line))
    before = [content_of(version) for version in Version.objects.order_by("pk")]
    for path, data in posts_to(draft).items():
        assert client.post(path, data).status_code == 403, path
    assert [content_of(version) for version in Version.objects.order_by("pk")] == before


def content_of(version):
    calendar = version.calendars.get()
    return version.title, version.is_published, version.rows.count(), calendar.name, calendar.closures.count()


def test_a_published_version_is_changed_by_nobody(browser, published):
    posts = posts_to(published)
    posts.pop(page("version_changelist") + f"{published.pk}/copy/")
    grid = posts.pop(page("version_grid", published.pk))
    for path, data in posts.items():
        assert browser.post(path, data).status_code == 403, path
    assert "published version 1 meanwhile" in browser.post(page("version_grid", published.pk), grid).text
    assert content_of(published) == content_of(Version.objects.get(pk=published.pk))


def test_a_published_version_is_shown_without_a_field_to_change(browser, published):
    response = browser.get(page("version_change", published.pk))
    assert response.context["has_change_permission"] is False
    assert 'name="title"' not in response.text
    assert page("version_grid", published.pk) not in response.text
    assert browser.get(page("version_grid", published.pk)).headers["Location"] == page("version_change", published.pk)


def test_a_draft_links_to_its_grid_its_differences_its_ladders_and_its_calendars(browser, draft):
    response = browser.get(page("version_change", draft.pk))
    assert page("version_grid", draft.pk) in response.text
    assert page("version_difference", draft.pk) in response.text
    for part in (*draft.ladders.all(), *draft.calendars.all()):
        assert page(f"{part._meta.model_name}_change", part.pk) in response.text


def test_the_page_of_a_draft_shows_its_matrix_in_words(browser, draft):
    text = browser.get(page("version_change", draft.pk)).text
    assert '<span class="ek-badge ek-priority-p1">P1 highest</span>' in text
    assert "<dt>First-line limit (min)</dt><dd>15 min</dd>" in text
    assert "<dt>Destination team</dt><dd>the team in charge on that level</dd>" in text


def test_the_page_of_a_draft_says_what_is_missing_before_anybody_presses_publish(browser, draft):
    draft.cells.get(impact="ONE", urgency="LOW").delete()
    assert "The priority of “a single one × low” is missing." in browser.get(page("version_change", draft.pk)).text


def test_a_ladder_of_a_draft_is_edited_with_its_rungs(browser, draft):
    ladder = draft.ladders.first()
    rungs = list(ladder.rungs.all())
    data = {
        "version": draft.pk,
        "name": "夜間",
        "last_rung_repeats": 1,
        "alarm_interval": 60,
        "rungs-TOTAL_FORMS": len(rungs),
        "rungs-INITIAL_FORMS": len(rungs),
    }
    for index, rung in enumerate(rungs):
        values = {"id": rung.pk, "ladder": ladder.pk, "position": rung.position, "target": rung.target}
        values |= {"role": rung.role, "wait": 7, "means": ["PHONE", "MAIL"]}
        data |= {f"rungs-{index}-{name}": value for name, value in values.items()}
    response = browser.post(page("ladder_change", ladder.pk), data)
    assert response.status_code == 302, response.context["errors"]
    assert Ladder.objects.get(pk=ladder.pk).name == "夜間"
    assert list(ladder.rungs.values_list("wait", "means")) == [(7, ["PHONE", "MAIL"])] * 3


def test_a_ladder_reads_from_the_first_rung_to_its_end(browser, draft):
    text = " ".join(browser.get(page("ladder_change", draft.ladders.first().pk)).text.split())
    for words in (
        'at once</p> <div><p class="ek-strong">1. the destination team</p>',
        'after 5 min</p> <div><p class="ek-strong">2. the team&#x27;s Lead</p>',
        'after 15 min</p> <div><p class="ek-strong">3. the head of the department</p>',
        "phone call, chat, ticket / 15 min to accept, then the next step",
        "The last rung is told again, up to 2 times.",
        "the policy owner is alarmed, and again every 24 h.",
        "Used by: P1 highest (around the clock)",
    ):
        assert words in text, words


def test_a_new_ladder_can_only_belong_to_a_draft(browser, published, draft):
    form = browser.get(page("ladder_add")).context["adminform"].form
    assert list(form.fields["version"].queryset) == [draft]
    data = {"version": published.pk, "name": "x", "last_rung_repeats": 1, "alarm_interval": 60}
    response = browser.post(page("ladder_add"), data | {"rungs-TOTAL_FORMS": 0, "rungs-INITIAL_FORMS": 0})
    assert response.status_code == 200
    assert published.ladders.count() == 4


def test_copying_goes_through_a_dialog_and_by_post_alone(browser, published):
    path = page("version_changelist") + f"{published.pk}/copy/"
    assert browser.get(path).status_code == 200
    assert Version.objects.count() == 1
    response = browser.post(path, CONFIRMED)
    assert response.headers["HX-Redirect"] == page("version_change", Version.objects.drafts().get().pk)


def test_a_category_is_never_deleted(browser, published):
    category = Category.objects.first()
    assert browser.get(page("category_change", category.pk)).status_code == 200
    assert browser.post(page("category_delete", category.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", ["version", "ladder", "calendar", "category"])
def test_every_list_and_every_new_page_opens(browser, published, name):
    assert browser.get(page(f"{name}_changelist")).status_code == 200
    assert browser.get(page(f"{name}_add")).status_code == 200
