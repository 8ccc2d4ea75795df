"""Publishing: what is demanded, and that nothing published changes any more, by any way."""

from datetime import UTC, datetime, time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import override

from apps.people.models import User
from apps.policy.models import (
    Calendar,
    ChecklistItem,
    Closure,
    Ladder,
    MatrixRow,
    OpenHours,
    PriorityCell,
    Rung,
    Trigger,
    Version,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PARTS = [PriorityCell, MatrixRow, Ladder, Rung, Calendar, OpenHours, Closure, Trigger, ChecklistItem]


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


@pytest.fixture
def owner():
    return User.objects.clock()


def refusals(version, owner):
    with pytest.raises(ValidationError) as refused:
        version.publish(by=owner, at=NOW)
    assert not Version.objects.get(pk=version.pk).is_published
    return refused.value.messages


# --- publishing -------------------------------------------------------------------------------------------------------


def test_a_complete_draft_is_published(draft, owner):
    draft.publish(by=owner, at=NOW)
    stored = Version.objects.get(pk=draft.pk)
    assert (stored.published_at, stored.published_by) == (NOW, owner)
    assert Version.history.filter(id=draft.pk).latest().history_user_id == owner.pk


def test_publishing_twice_is_refused(draft, owner):
    draft.publish(by=owner, at=NOW)
    with pytest.raises(ValidationError, match="published already"):
        draft.publish(by=owner, at=NOW)


def test_everything_missing_from_an_empty_draft_is_named(owner):
    sentences = refusals(Version.objects.create(title="空"), owner)
    assert len([each for each in sentences if each.startswith("The priority of")]) == 12
    assert len([each for each in sentences if each.startswith("The matrix row of")]) == 4
    assert "The priority of “everyone × critical” is missing." in sentences


def test_a_missing_cell_is_named(draft, owner):
    draft.cells.get(impact="ONE", urgency="LOW").delete()
    assert refusals(draft, owner) == ["The priority of “a single one × low” is missing."]


def test_a_ladder_needs_rungs_numbered_from_one(draft, owner):
    bare, gap = draft.ladders.all()[:2]
    bare.rungs.all().delete()
    gap.rungs.get(position=2).delete()
    assert refusals(draft, owner) == [
        f"The ladder “{bare.name}” has no rung.",
        f"The rungs of the ladder “{gap.name}” must be numbered from 1 without a gap.",
    ]


def test_a_calendar_needs_opening_hours(draft, owner):
    draft.calendars.create(name="空")
    assert refusals(draft, owner) == ["The business calendar “空” has no opening hours."]


def test_a_row_may_not_borrow_from_another_version(published, draft, owner):
    ladder = published.ladders.first()
    draft.rows.filter(priority="P1").update(ladder=ladder)
    assert refusals(draft, owner) == [f"“{ladder.name}” belongs to another version of the policy."]


# --- what a row by itself must keep -----------------------------------------------------------------------------------


def sentences_for(instance):
    with pytest.raises(ValidationError) as refused:
        instance.full_clean()
    return refused.value.messages


@pytest.mark.parametrize("limits", [(60, 60, 480), (15, 500, 480)])
def test_the_limits_of_a_row_ascend(draft, limits):
    row = draft.rows.get(priority="P2")
    row.first_response, row.first_line_limit, row.resolution_limit = limits
    assert sentences_for(row) == [
        "The first response must be due before the first-line limit, and that no later than the resolution."
    ]
    with pytest.raises(IntegrityError, match="policy_matrixrow_limits_ascend"):
        row.save()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target": "NAMED_TEAM"}, "Name a team exactly when the rung tells a named team."),
        ({"target": "TEAM", "role": "LEAD"}, "Choose a role exactly when the rung tells a role of the team."),
        ({"target": "TEAM_ROLE", "role": ""}, "Choose a role exactly when the rung tells a role of the team."),
        ({"target": "PERSON"}, "Name a person exactly when the rung tells a named person."),
        ({"means": ["PIGEON"]}, "Unknown means: PIGEON."),
        ({"means": ["MAIL", "MAIL"]}, "Give the means as a list in which none appears twice."),
    ],
)
def test_a_rung_names_exactly_what_its_target_demands(draft, changes, sentence):
    rung = Rung.objects.filter(ladder__version=draft, position=1).first()
    for name, value in changes.items():
        setattr(rung, name, value)
    assert sentences_for(rung) == [sentence]


def test_a_trigger_needs_a_condition(draft):
    assert sentences_for(Trigger(version=draft, name="空")) == [
        "Give a trigger a category, a flag or words to fire on."
    ]


def test_opening_hours_end_after_they_begin_or_at_midnight(draft):
    calendar = draft.calendars.get()
    OpenHours(calendar=calendar, weekday=5, opens=time(22), closes=time(0)).full_clean()
    assert sentences_for(OpenHours(calendar=calendar, weekday=5, opens=time(9), closes=time(9))) == [
        "Closing time must be after opening time."
    ]


# --- immutability -----------------------------------------------------------------------------------------------------


def test_each_part_of_a_published_version_refuses_its_form_with_a_sentence(published):
    for part in PARTS:
        assert sentences_for(part.objects.first())[0].startswith("Version 1 is published and cannot be changed.")


@pytest.mark.parametrize("statement", ["UPDATE {table} SET id = id", "DELETE FROM {table}"])
def test_the_database_refuses_to_change_what_is_published(published, statement):
    for table in (model._meta.db_table for model in [Version, *PARTS]):
        with pytest.raises(IntegrityError, match=table), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format(table=table))


def test_the_database_refuses_to_add_to_what_is_published(published):
    for part in PARTS:
        row = part.objects.first()
        row.pk, row._state.adding = None, True
        with pytest.raises(IntegrityError, match=part._meta.db_table), transaction.atomic():
            row.save()


def test_the_database_refuses_to_move_a_drafts_part_into_what_is_published(published, draft):
    with pytest.raises(IntegrityError, match="policy_trigger"), transaction.atomic():
        draft.triggers.update(version=published)


def test_a_draft_is_changed_and_deleted_with_all_its_parts(published, draft):
    counts = {part: part.objects.count() for part in PARTS}
    Rung.objects.filter(ladder__version=draft).update(wait=7)
    draft.delete()
    assert {part: part.objects.count() * 2 for part in PARTS} == counts
    assert Version.objects.get() == published


# --- copying ----------------------------------------------------------------------------------------------------------


def test_a_copy_is_an_unpublished_version_with_the_next_number(published, draft):
    assert (draft.number, draft.is_published, draft.title) == (2, False, published.title)
    assert draft.note == "Copied from version 1."


def test_a_copy_has_each_part_once_more_and_shares_none(published, draft):
    assert [part.objects.count() for part in PARTS] == [24, 8, 8, 24, 2, 20, 4, 10, 16]
    assert {row.ladder.version_id for row in draft.rows.all()} == {draft.pk}
    assert {row.calendar.version_id for row in draft.rows.exclude(calendar=None)} == {draft.pk}


def test_each_part_of_a_copy_has_its_history(draft):
    assert [part.history.count() for part in PARTS] == [part.objects.count() for part in PARTS]
