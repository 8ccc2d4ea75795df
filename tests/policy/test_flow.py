"""The policy as the way a case takes."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from apps.people.models import Role, User
from apps.policy.flow import flow
from apps.policy.models import Category, Impact, Priority, Rung, Target, Trigger, Urgency
from apps.policy.rulebook import get_rulebook
from apps.policy.seed import seed_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    get_rulebook.cache_clear()
    with override("en"):
        yield
    get_rulebook.cache_clear()


def test_the_lane_of_p1_tells_the_whole_way():
    lane = flow(seed_policy().pk).lanes[0]

    assert (lane.priority, lane.is_around_the_clock) == (Priority.P1, True)
    assert lane.when == ((Impact.ALL, Urgency.CRITICAL), (Impact.ALL, Urgency.HIGH))
    assert [(stop.kind.value, stop.title, stop.limit, stop.detail) for stop in lane.stops] == [
        ("report", "Reported", None, ""),
        ("respond", "First answer to the customer", timedelta(minutes=5), ""),
        (
            "escalate",
            "Not settled yet: it escalates by itself",
            timedelta(minutes=15),
            "to level 2, Second line and leads, and the head of the department is told",
        ),
        ("tell", "the whole team is told", None, ""),
        ("tell", "the team's Lead is told", timedelta(minutes=5), ""),
        ("tell", "the head of the department is told", timedelta(minutes=10), ""),
        (
            "top",
            "Told again 2 times",
            timedelta(minutes=15),
            "then the next level; at the very top the policy owner is alarmed",
        ),
        ("accept", "Somebody accepts it and works on it", None, ""),
        ("resolve", "Settled, or else one level up", timedelta(hours=4), ""),
    ]


def test_a_kind_of_case_has_its_skill_its_checklist_and_its_triggers():
    version = seed_policy()
    privacy, inquiry = Category.objects.get(code="personal-data"), Category.objects.get(code="inquiry")
    draft = version.copy_as_draft()
    Trigger.objects.filter(version=draft).exclude(flag="LEGAL").delete()
    Trigger.objects.filter(version=draft).update(category=privacy)

    ours, others = flow(draft.pk, privacy), flow(draft.pk, inquiry)

    assert (
        ours.lanes[0]
        .stops[2]
        .detail.startswith("to level 2, Second line and leads, with the skill Personal data protection")
    )
    assert len(ours.checklist) == len(others.checklist) + 1
    assert [alarm.flag for alarm in ours.alarms] == ["legal risk"]
    assert ours.alarms[0].effects == (
        "at least P1 highest",
        "escalated at once to level 3, Specialists, with the skill Legal",
        "the Lead there is told as well",
    )
    assert others.alarms == ()


def test_a_named_person_on_the_ladder_is_named():
    draft = seed_policy().copy_as_draft()
    person = User.objects.create(username="x", last_name="高橋", first_name="美咲")
    Rung.objects.filter(ladder__version=draft, position=2).update(target=Target.PERSON, person=person, role="")

    assert flow(draft.pk).lanes[0].stops[4].title == "美咲 高橋 is told"


def test_it_costs_few_statements(django_assert_max_num_queries):
    version = seed_policy()
    get_rulebook(version.pk)
    with django_assert_max_num_queries(4):
        flow(version.pk)


def test_every_role_can_be_told():
    draft = seed_policy().copy_as_draft()
    rung = Rung.objects.filter(ladder__version=draft, position=2).first()
    for role in Role:
        Rung.objects.filter(pk=rung.pk).update(role=role)
        assert f"the team's {role.label} is told" in {
            stop.title for lane in flow(draft.pk).lanes for stop in lane.stops
        }
