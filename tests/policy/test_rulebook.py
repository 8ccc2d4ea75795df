from dataclasses import FrozenInstanceError

import pytest
from django.utils import timezone
from django.utils.translation import override

from apps.policy.models import NoPublishedVersion, Version
from apps.policy.rulebook import current_version_id, get_rulebook
from apps.policy.seed import seed_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache():
    get_rulebook.cache_clear()
    yield
    get_rulebook.cache_clear()


def test_a_published_version_is_read_once(django_assert_max_num_queries, django_assert_num_queries):
    version = seed_policy()
    with django_assert_max_num_queries(10):
        first = get_rulebook(version.pk)
    with django_assert_num_queries(0):
        assert get_rulebook(version.pk) is first


def test_a_draft_is_read_each_time():
    draft = seed_policy().copy_as_draft()
    before = get_rulebook(draft.pk)
    draft.triggers.all().delete()
    assert (len(before.triggers), get_rulebook(draft.pk).triggers) == (5, ())


def test_a_version_that_does_not_exist_is_an_error():
    with pytest.raises(Version.DoesNotExist):
        get_rulebook(4711)


def test_a_rulebook_cannot_be_changed():
    rulebook = get_rulebook(seed_policy().pk)
    with pytest.raises(FrozenInstanceError):
        rulebook.warning_percent = 10


def test_a_copy_decides_what_its_original_decides():
    version = seed_policy()
    original, copied = get_rulebook(version.pk), get_rulebook(version.copy_as_draft().pk)
    assert copied.cells == original.cells
    assert [row.calendar for row in copied.rows.values()] == [row.calendar for row in original.rows.values()]
    assert [rule.words for rule in copied.triggers] == [rule.words for rule in original.triggers]
    assert [rule.text for rule in copied.checklist] == [rule.text for rule in original.checklist]
    assert [row.ladder.rungs for row in copied.rows.values()] == [row.ladder.rungs for row in original.rows.values()]


def test_a_checklist_item_is_labelled_in_the_readers_language():
    item = get_rulebook(seed_policy().pk).checklist[0]
    with override("ja"):
        assert item.label == item.text
    with override("en"):
        assert item.label == item.text_en


def test_the_current_version_is_the_one_published_last_whatever_its_number(django_assert_num_queries):
    first = seed_policy()
    second, third = first.copy_as_draft(), first.copy_as_draft()
    third.publish(by=first.published_by, at=timezone.now())
    second.publish(by=first.published_by, at=timezone.now())
    with django_assert_num_queries(1):
        assert current_version_id() == second.pk
    assert Version.objects.current() == second


def test_without_a_published_version_the_error_says_what_to_do():
    Version.objects.create(title="下書き")
    with override("en"), pytest.raises(NoPublishedVersion, match="seed_policy"):
        current_version_id()
    with override("en"), pytest.raises(NoPublishedVersion, match="seed_policy"):
        Version.objects.current()
