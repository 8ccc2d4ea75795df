"""What keeps a version from being published because it leads to nobody, and what is only worth a second look."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from apps.people.models import Membership, Role, User
from tests.policy import adminpages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


@pytest.fixture
def lead(second_line):
    return adminpages.person(Role.LEAD, team=second_line)


def faults(version):
    return [sentence for fault in version.faults() for sentence in fault.messages]


def test_a_copy_of_the_default_policy_has_none(draft):
    assert faults(draft) == []


def test_a_destination_where_nobody_works_is_one(draft, second_line, owner):
    draft.rows.filter(priority="P1").update(destination_team=second_line)
    sentence = "The destination of “P1 highest” is “二次対応チーム”, where nobody can accept a case."
    assert faults(draft) == [sentence]  # the policy owner is a member, and accepts no case

    lead = adminpages.person(Role.LEAD, team=second_line)
    assert faults(draft) == []

    User.objects.filter(pk=lead.pk).update(is_active=False)
    assert faults(draft) == [sentence]


def test_an_inactive_destination_is_one(draft, second_line, lead):
    draft.rows.filter(priority="P1").update(destination_team=second_line)
    second_line.is_active = False
    second_line.save()
    assert len(faults(draft)) == 1


@pytest.mark.parametrize("target", ["NAMED_TEAM", "PERSON", "POLICY_OWNER"])
def test_a_rung_that_tells_nobody_is_one(draft, second_line, lead, target):
    named = {"NAMED_TEAM": {"team": second_line}, "PERSON": {"person": lead}, "POLICY_OWNER": {}}[target]
    ladder = draft.ladders.first()
    ladder.rungs.create(position=4, target=target, wait=5, **named)
    Membership.objects.create(user=lead, team=second_line, role=Role.POLICY_OWNER)
    assert faults(draft) == []

    User.objects.filter(pk=lead.pk).update(is_active=False)

    whom = {"NAMED_TEAM": "二次対応チーム", "PERSON": "lead", "POLICY_OWNER": "the policy owner"}[target]
    assert faults(draft) == [
        f"Rung 4 of the ladder “P1 エスカレーションパス” tells nobody: “{whom}” is not there any more."
    ]


def test_cautions_name_the_levels_where_nobody_can_accept_yet(draft, lead):
    assert list(draft.cautions()) == [
        "Nobody on the level “Specialists” or above can accept a case yet.",
        "Nobody on the level “Senior management” or above can accept a case yet.",
    ]


def test_cautions_compare_limits_where_they_count_in_the_same_calendar(draft):
    draft.rows.filter(priority="P1").update(first_response=30, first_line_limit=70)
    draft.rows.filter(priority="P2").update(first_response=20)
    draft.rows.filter(priority="P3").update(first_response=10)  # business hours: not to be compared with P2's
    assert [sentence for sentence in draft.cautions() if "longer" in sentence] == [
        "“first response (min)” of “P1 highest” is longer than that of “P2 high”.",
        "“first-line limit (min)” of “P1 highest” is longer than that of “P2 high”.",
    ]
