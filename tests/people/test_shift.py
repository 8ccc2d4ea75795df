"""Duty as plain from–to rows."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.people.models import Shift

pytestmark = pytest.mark.django_db


@pytest.fixture
def shift(people):
    return Shift.objects.order_by("starts_at").first()


def test_a_shift_covers_its_start_and_not_its_end(shift):
    assert shift in Shift.objects.on_duty(shift.starts_at)
    assert shift not in Shift.objects.on_duty(shift.ends_at)
    assert shift not in Shift.objects.on_duty(shift.starts_at - timedelta(microseconds=1))


def test_a_shift_that_ends_before_it_starts_is_refused_with_a_sentence_and_by_the_database(shift):
    shift.ends_at = shift.starts_at
    with pytest.raises(ValidationError):
        shift.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        shift.save()


def test_only_members_are_on_duty_for_a_team(shift, people):
    shift.full_clean()
    shift.user = people["auditor"]
    with pytest.raises(ValidationError) as refusal:
        shift.full_clean()
    assert list(refusal.value.message_dict) == ["user"]


def test_a_shift_reads_in_the_readers_time_zone(shift):
    assert str(shift).endswith("2026-11-24 00:00 – 2026-11-24 08:00")


def test_a_deactivated_person_is_on_no_shift(shift):
    shift.user.is_active = False
    shift.user.save()
    assert not Shift.objects.on_duty(shift.starts_at).exists()
