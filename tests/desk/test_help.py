"""The rules, whom to ask, and one's own settings."""

from datetime import time, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.models import Entry
from apps.desk.drawing import COLUMNS, _width, draw, wrap
from apps.people.models import Shift, User
from apps.policy.flow import flow
from apps.policy.models import Version
from apps.policy.rulebook import current_version_id

pytestmark = pytest.mark.django_db


# --- the rules --------------------------------------------------------------------------------------------------------


def test_the_rules_are_those_in_force(as_user, cast):
    draft = Version.objects.get().copy_as_draft()
    draft.rows.filter(priority="P2").update(first_response=7)

    before = as_user(cast.operator).get("/rules/").content.decode()
    draft.publish(by=cast.policy, at=timezone.now())
    after = as_user(cast.operator).get("/rules/").content.decode()

    assert ("within 7 min" in before, "within 7 min" in after) == (False, True)
    assert "never blamed" in after


def test_the_rules_of_a_kind_of_case(as_user, cast):
    html = as_user(cast.operator).get("/rules/?kind=refund").content.decode()

    assert "with the skill Refunds" in html
    assert as_user(cast.operator).get("/rules/?kind=<script>").status_code == 200


def test_the_drawing_says_the_same_as_the_text(cast):
    for lane in flow(current_version_id()).lanes:
        drawing = draw(lane)
        assert len(drawing.boxes) == len(drawing.sentences) == len(lane.stops)
        bottoms = [box.y + box.height for box in drawing.boxes]
        assert all(above < below.y for above, below in zip(bottoms, drawing.boxes[1:], strict=False))
        assert bottoms[-1] <= drawing.height


@given(st.text(alphabet="受諾なしabc、。 E-4021", max_size=200))
def test_wrapping_loses_nothing_and_keeps_to_the_width(text):
    lines = wrap(text)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(
        _width(line) <= COLUMNS + 2 for line in lines if " " in text or not text.isascii() or len(text) <= COLUMNS
    )


# --- whom to ask ------------------------------------------------------------------------------------------------------


def test_who_is_on_duty_comes_first_and_can_be_called(as_user, cast):
    now = timezone.now()
    team = cast.team("support-leaders")
    Shift.objects.create(user=cast.responder, team=team, starts_at=now, ends_at=now + timedelta(hours=8))

    html = as_user(cast.operator).get("/contacts/").content.decode()

    place = html.index(str(team))
    assert html.index("鈴木", place) < html.index("小林", place)
    assert "on duty until" in html
    assert f'href="tel:{cast.responder.phone}"' in html
    assert f'href="mailto:{cast.responder.email}"' in html


def test_ones_own_department_comes_first_and_colleagues_of_the_first_line_are_left_out(as_user, cast):
    html = as_user(cast.shop).get("/contacts/").content.decode()

    assert html.index(str(cast.team("sales-desk").department.name_en)) < html.index(
        cast.team("phone-desk").department.name_en
    )
    assert str(cast.tanaka) not in html


# --- one's own settings -----------------------------------------------------------------------------------------------

TYPED = {"language": "ja", "time_zone": "Asia/Tokyo", "phone": "03-0000-9999", "preferred_means": "CHAT"}


def test_settings_are_saved_with_history_and_in_the_language_chosen(as_user, cast):
    client = as_user(cast.operator)

    answer = client.post("/settings/", TYPED | {"quiet_from": "22:00", "quiet_until": "06:30"}, follow=True)

    user = User.objects.get(username="operator")
    assert (user.phone, user.preferred_means) == ("03-0000-9999", "CHAT")
    assert (user.quiet_from, user.quiet_until) == (time(22), time(6, 30))
    assert "設定を保存しました。" in answer.content.decode()
    entry = Entry.objects.filter(subject=f"people.user:{user.pk}", action="changed").latest("id")
    assert entry.source == "DESK"
    assert {"phone", "preferred_means", "quiet_from", "quiet_until"} <= set(entry.details["changed"])


def test_half_quiet_hours_are_refused_with_a_sentence_and_kept(as_user, cast):
    answer = as_user(cast.operator).post("/settings/", TYPED | {"quiet_from": "22:00"})

    html = answer.content.decode()
    assert "Quiet hours need a beginning and a different end, or neither." in html
    assert 'value="22:00"' in html
    assert User.objects.get(username="operator").quiet_from is None


def test_nobody_changes_more_of_themselves_than_the_form_shows(as_user, cast):
    as_user(cast.operator).post("/settings/", TYPED | {"is_superuser": "on", "is_staff": "on", "username": "root"})

    user = User.objects.get(pk=cast.operator.pk)
    assert (user.username, user.is_staff, user.is_superuser) == ("operator", False, False)


@pytest.mark.parametrize("path", ["/rules/", "/contacts/", "/settings/"])
def test_the_pages_are_for_people_who_signed_in(client, path):
    assert client.get(path)["Location"].startswith("/login/")
