"""The people who sign in, and the system's own users."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from apps.people.models import Membership, Role, Shift, User

pytestmark = pytest.mark.django_db


def test_a_name_follows_the_order_of_the_readers_language():
    user = User(username="operator", last_name="佐藤", first_name="花子")
    with translation.override("ja"):
        assert (user.get_full_name(), str(user)) == ("佐藤 花子", "佐藤 花子")
    with translation.override("en"):
        assert (user.get_full_name(), str(user)) == ("花子 佐藤", "花子 佐藤")


def test_without_a_name_the_username_stands_in():
    assert str(User(username="operator")) == "operator"


def test_the_clock_is_one_user_who_cannot_sign_in_and_has_no_rights():
    clock = User.objects.clock()
    assert User.objects.clock() == clock
    assert (clock.username, clock.is_system, clock.is_staff) == ("CLOCK", True, False)
    assert not clock.has_usable_password()
    assert User.objects.importer().username == "IMPORT"
    assert not User.objects.people().exists()


def test_a_system_user_with_rights_is_refused_by_the_database():
    clock = User.objects.clock()
    clock.is_superuser = True
    with pytest.raises(IntegrityError), transaction.atomic():
        clock.save()


@pytest.mark.parametrize("zone", ["", "Asia", "Mars/Olympus", "../etc/passwd", "/etc/passwd"])
def test_an_unknown_time_zone_is_refused(zone):
    with pytest.raises(ValidationError) as refusal:
        User(username="operator", password="x", time_zone=zone).full_clean()
    assert list(refusal.value.message_dict) == ["time_zone"]


def test_readings_are_written_in_kana_and_phones_with_digits():
    user = User(
        username="operator", password="x", last_name_kana="さとう", first_name_kana="ハナコ・Ａ", phone="call me"
    )
    with pytest.raises(ValidationError) as refusal:
        user.full_clean()
    assert sorted(refusal.value.message_dict) == ["first_name_kana", "phone"]


def test_history_keeps_every_change_but_neither_the_password_nor_the_sign_in(client):
    user = User.objects.create_user("operator", password="secret", last_name="佐藤")
    client.post("/login/", {"username": "operator", "password": "secret"})
    user.refresh_from_db()
    assert user.last_login is not None
    user.last_name = "田中"
    user.save()
    assert list(user.history.values_list("history_type", "last_name")) == [("~", "田中"), ("+", "佐藤")]
    kept = {field.name for field in User.history.model.tracked_fields}
    assert {"last_name", "is_superuser"} <= kept
    assert not {"password", "last_login"} & kept


def test_memberships_and_roles_are_read_in_one_statement(people, django_assert_num_queries):
    lead = people["lead"]
    with django_assert_num_queries(1):
        seen = [(m.team.code, m.team.department.code, m.effective_level.rank) for m in lead.membership_list]
        roles = lead.roles
    assert sorted(seen) == [("phone-desk", "customer-support", 2), ("support-leaders", "customer-support", 2)]
    assert roles == {Role.LEAD}


def test_a_dissolved_team_gives_nobody_a_role(people):
    membership = Membership.objects.select_related("team").get(user__username="auditor")
    membership.team.is_active = False
    membership.team.save()
    assert people["auditor"].roles == frozenset()


def test_on_duty_names_each_active_person_once_up_to_the_shifts_end(people, noon):
    Shift.objects.all().delete()
    lead = people["lead"]
    teams = [membership.team for membership in lead.membership_list]
    for team in teams:
        Shift.objects.create(user=lead, team=team, starts_at=noon, ends_at=noon + timedelta(hours=1))
    hour = timedelta(hours=1)
    assert list(User.objects.on_duty(noon)) == [lead]
    assert list(User.objects.on_duty(noon, team=teams[0])) == [lead]
    assert not User.objects.on_duty(noon, team=Membership.objects.get(user__username="auditor").team).exists()
    assert not User.objects.on_duty(noon - timedelta(microseconds=1)).exists()
    assert not User.objects.on_duty(noon + hour).exists()
    lead.is_active = False
    lead.save()
    assert not User.objects.on_duty(noon).exists()
