"""The policy's pages: drafts are edited, what is published is only read, publishing and copying go by POST alone."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from apps.policy.models import Category, Ladder, Rung, Version
from apps.policy.seed import seed_policy

pytestmark = pytest.mark.django_db

CONFIRMED = {"_form_submitted": "True"}


@pytest.fixture
def published():
    return seed_policy()


@pytest.fixture
def draft(published):
    return published.copy_as_draft()


@pytest.fixture
def browser():
    user = get_user_model().objects.create(username="root", is_staff=True, is_superuser=True, language="en")
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def page(name, *args):
    return reverse(f"admin:policy_{name}", args=args)


def test_a_published_version_is_shown_without_a_field_to_change(browser, published):
    response = browser.get(page("version_change", published.pk))
    assert response.status_code == 200
    assert response.context["has_change_permission"] is False
    assert 'name="title"' not in response.text
    assert 'name="rows-0-first_response"' not in response.text


def test_a_post_to_a_published_version_or_its_ladder_is_refused(browser, published):
    assert browser.post(page("version_change", published.pk), {"title": "x"}).status_code == 403
    assert browser.post(page("version_delete", published.pk), {"post": "yes"}).status_code == 403
    assert browser.post(page("ladder_change", published.ladders.first().pk), {"name": "x"}).status_code == 403
    assert browser.post(page("calendar_change", published.calendars.get().pk), {"name": "x"}).status_code == 403


def test_a_draft_shows_its_parts_and_links_to_its_ladders_and_calendars(browser, draft):
    response = browser.get(page("version_change", draft.pk))
    assert 'name="rows-0-first_response"' in response.text
    for part in (*draft.ladders.all(), *draft.calendars.all()):
        assert page(f"{part._meta.model_name}_change", part.pk) in response.text


def test_a_row_of_a_draft_offers_only_the_drafts_own_ladders(browser, draft):
    form = browser.get(page("version_change", draft.pk)).context["inline_admin_formsets"][1].formset.forms[0]
    assert set(form.fields["ladder"].queryset) == set(draft.ladders.all())


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


def test_a_new_ladder_can_only_belong_to_a_draft(browser, published, draft):
    form = browser.get(page("ladder_add")).context["adminform"].form
    assert list(form.fields["version"].queryset) == [draft]
    data = {"version": published.pk, "name": "x", "last_rung_repeats": 1, "alarm_interval": 60}
    response = browser.post(page("ladder_add"), data | {"rungs-TOTAL_FORMS": 0, "rungs-INITIAL_FORMS": 0})
    assert response.status_code == 200
    assert published.ladders.count() == 4


@pytest.mark.parametrize("verb", ["publish", "copy"])
def test_looking_at_a_dialog_changes_nothing(browser, draft, verb):
    response = browser.get(page("version_changelist") + f"{draft.pk}/{verb}/")
    assert response.status_code == 200
    assert (Version.objects.count(), Version.objects.published().count()) == (2, 1)


def test_publishing_puts_a_draft_in_force(browser, draft):
    response = browser.post(page("version_changelist") + f"{draft.pk}/publish/", CONFIRMED)
    assert response.headers["HX-Redirect"] == page("version_change", draft.pk)
    assert Version.objects.current() == draft
    assert Version.objects.current().published_by.username == "root"


def test_an_incomplete_draft_is_not_published_and_says_why(browser, draft):
    Rung.objects.filter(ladder=draft.ladders.first()).delete()
    browser.post(page("version_changelist") + f"{draft.pk}/publish/", CONFIRMED)
    assert not Version.objects.get(pk=draft.pk).is_published
    assert "has no rung" in browser.get(page("version_change", draft.pk)).text


def test_a_published_version_is_copied_but_not_published_again(browser, published):
    assert browser.post(page("version_changelist") + f"{published.pk}/publish/", CONFIRMED).status_code == 403
    assert browser.post(page("version_changelist") + f"{published.pk}/copy/", CONFIRMED).status_code == 200
    assert Version.objects.drafts().count() == 1


def test_someone_who_may_only_look_can_neither_publish_nor_copy(browser, draft):
    get_user_model().objects.filter(username="root").update(is_superuser=False)
    for verb in ("publish", "copy"):
        assert browser.post(page("version_changelist") + f"{draft.pk}/{verb}/", CONFIRMED).status_code == 403
    assert (Version.objects.count(), Version.objects.published().count()) == (2, 1)


def test_a_category_is_never_deleted(browser, published):
    category = Category.objects.first()
    assert browser.get(page("category_change", category.pk)).status_code == 200
    assert browser.post(page("category_delete", category.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", ["version", "ladder", "calendar", "category"])
def test_every_list_and_every_new_page_opens(browser, published, name):
    assert browser.get(page(f"{name}_changelist")).status_code == 200
    assert browser.get(page(f"{name}_add")).status_code == 200
