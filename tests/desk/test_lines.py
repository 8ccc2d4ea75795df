"""A case as a line in a list: the last word, and what is new."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.cases.models import Case, Visibility
from apps.desk.lines import lines, look
from apps.desk.models import LastLook

pytestmark = pytest.mark.django_db


def line_of(case, reader):
    ((found,),) = lines(reader, timezone.now(), Case.objects.filter(pk=case.pk))
    return found


def test_what_others_wrote_is_new_until_one_looks(cast, life, as_user):
    case = life.received()
    assert (line_of(case, cast.operator).is_new, line_of(case, cast.operator).last_word) == (False, "")

    life.do("note", case, by=cast.lead, text="15時に折り返します。", visibility=Visibility.REPORTER)
    assert (line_of(case, cast.operator).is_new, line_of(case, cast.operator).last_word) == (
        True,
        "15時に折り返します。",
    )
    assert line_of(case, cast.lead).is_new is False

    assert as_user(cast.operator).post(f"/cases/{case.number}/looked/").status_code == 204
    assert line_of(case, cast.operator).is_new is False


def test_an_internal_note_is_neither_shown_nor_new(cast, life):
    case = life.received()
    life.do("note", case, by=cast.lead, text="内緒。", visibility=Visibility.INTERNAL)

    assert (line_of(case, cast.operator).is_new, line_of(case, cast.operator).last_word) == (False, "")


def test_a_step_of_the_case_is_new(cast, life):
    case = life.escalated()
    look(case, cast.operator, life.now)

    life.do("accept", case, by=cast.responder)

    assert line_of(case, cast.operator).is_new is True


def test_looking_twice_is_one_row_and_no_get_leaves_a_trace(cast, life, as_user):
    case, client = life.received(), as_user(cast.operator)

    client.get(f"/cases/{case.number}/")
    assert not LastLook.objects.exists()
    for _ in range(2):
        client.post(f"/cases/{case.number}/looked/")
    assert LastLook.objects.get().at > timezone.now() - timedelta(minutes=1)


def test_nobody_looks_at_what_they_may_not_see(cast, life, as_user):
    case = life.received()

    assert as_user(cast.shop).post(f"/cases/{case.number}/looked/").status_code == 404
    assert not LastLook.objects.exists()
