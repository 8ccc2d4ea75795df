"""What stands around the timeline on the page of a case: the next step's demands, clocks, hand-offs, messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from apps.audit import trail
from apps.cases.admin.clocks import ClockRow, clocks
from apps.cases.admin.demands import Demand
from apps.cases.models import Case, Deadline
from apps.notifications.models import Message
from apps.people.models import User
from tests.cases.adminpages import LIST, page_of
from tests.cases.life import NOW, Cast, Life, everything
from tests.cases.moments import P2, minutes

pytestmark = pytest.mark.django_db

AsUser = Callable[..., Client]


# --- what the next step demands ---------------------------------------------------------------------------------------


def demanded(client: Client, case: Case) -> Demand | None:
    found: Demand | None = client.get(page_of(case)).context["demand"]
    return found


def test_the_next_steps_demands_are_said_beforehand(cast: Cast, life: Life, as_user: AsUser) -> None:
    found = demanded(as_user(cast.responder), life.in_progress(**P2))

    assert found is not None
    assert (found.verb, found.needs, found.obstacle) == (
        "Resolve", ["Outcome", "Resolution", "Cause", "Prevention", "1 checklist item"], "",
    )  # fmt: skip
    assert len(found.items) == 1


def test_demands_follow_priority_and_state(cast: Cast, life: Life, as_user: AsUser) -> None:
    waiting = demanded(as_user(cast.lead), life.escalated())
    assert waiting is None  # to accept demands nothing

    p3 = demanded(as_user(cast.responder), life.in_progress())
    assert p3 is not None
    assert "Prevention" not in p3.needs

    review = demanded(as_user(cast.lead), life.resolved())
    assert review is not None
    assert (review.verb, review.needs) == (
        "Review", ["Verdict", "Did the measure work?", "May it happen again?", "Word of thanks"],
    )  # fmt: skip


def test_a_lack_of_authority_is_said_before_anything_is_typed(cast: Cast, life: Life, as_user: AsUser) -> None:
    found = demanded(as_user(cast.responder), life.in_progress(amount=80_000))

    assert found is not None
    assert found.obstacle.startswith("¥80,000 is at stake; your authority to decide ends at ¥50,000.")


def test_who_may_not_take_the_step_is_not_prompted(cast: Cast, life: Life, as_user: AsUser) -> None:
    assert demanded(as_user(cast.kobayashi), life.in_progress()) is None
    assert demanded(as_user(cast.auditor), life.in_progress()) is None


# --- clocks -----------------------------------------------------------------------------------------------------------


def rows_of(case: Case, *, at: timedelta) -> dict[str, ClockRow]:
    with translation.override("en"):
        found = clocks(Case.objects.select_related("level").get(pk=case.pk), NOW + at)
        for row in [*found.live, *found.ended]:
            str(row.words)
    return {row.clock.kind: row for row in reversed([*found.live, *found.ended])}


def test_a_running_clock_says_when_it_warns_and_what_happens_then(cast: Cast, life: Life) -> None:
    case = life.received(**P2)

    row = rows_of(case, at=minutes(10))["FIRST_LINE_LIMIT"]

    assert (row.tone, row.words) == ("calm", "50 min left")
    assert row.notes == ["Due Tue 24 Nov 11:00, then: it escalates by itself", "Warning Tue 24 Nov 10:45"]


def test_a_clock_on_hold_says_why_and_until_when(cast: Cast, life: Life) -> None:
    case = life.in_progress(**P2)  # accepted at 10:02
    life.do("hold", case, by=cast.responder, now=NOW + minutes(32))

    row = rows_of(case, at=minutes(60))["RESOLUTION"]

    assert (row.tone, row.words) == ("paused", "7 h of working time left")
    assert row.notes == ["Stands still since Tue 24 Nov 10:32 until Tue 24 Nov 12:32: waiting for The customer"]


def test_what_a_hold_gave_back_is_said(cast: Cast, life: Life) -> None:
    case = life.in_progress(**P2)
    life.do("hold", case, by=cast.responder, now=NOW + minutes(30))
    life.do("resume", case, by=cast.responder, now=NOW + minutes(150))
    life.do("hold", case, by=cast.responder, now=NOW + minutes(160))

    found = rows_of(case, at=minutes(170))

    assert "2 h of holds given back" in found["RESOLUTION"].notes  # the second hold is not over
    assert "2 h of holds given back" not in found["FIRST_LINE_LIMIT"].notes
    assert found["HOLD"].notes == ["Due Tue 24 Nov 14:40, then: the hold ends by itself"]


def test_ended_clocks_say_how(cast: Cast, life: Life) -> None:
    case = life.escalated(**P2)  # after a minute of sixty
    life.run_until(NOW + minutes(20))

    found = rows_of(case, at=minutes(21))

    assert (found["FIRST_LINE_LIMIT"].tone, found["FIRST_LINE_LIMIT"].words) == ("none", "Met, 59 min early")
    with translation.override("en"):
        ended = clocks(Case.objects.select_related("level").get(pk=case.pk), NOW + minutes(21)).ended
    assert [(row.tone, row.words) for row in ended if row.clock.kind == "ACCEPTANCE"] == [("missed", "Missed")]


def test_the_head_warns_of_what_was_missed_however_many_clocks_have_ended_since(cast: Cast, life: Life) -> None:
    case = life.escalated()
    life.do("accept", case, by=cast.responder, now=NOW + timedelta(days=20))
    Deadline.objects.bulk_create(
        Deadline(
            case=case, kind="STATUS_UPDATE", state="SETTLED", round=number, started_at=NOW, span=minutes(1),
            due_at=NOW + timedelta(days=21), ended_at=NOW + timedelta(days=21),
        )
        for number in range(40)
    )  # fmt: skip
    Deadline.objects.filter(case=case, kind="FIRST_RESPONSE").update(state="FIRED")

    with translation.override("en"):
        found = clocks(Case.objects.select_related("level").get(pk=case.pk), NOW + timedelta(days=20, hours=1))

    assert (found.badge.tone, found.badge.clock) == ("missed", "First response")


# --- hand-offs --------------------------------------------------------------------------------------------------------


def test_hand_offs_tell_the_whole_way(cast: Cast, life: Life, as_user: AsUser) -> None:
    case = life.do("send_back", life.escalated(), by=cast.lead)
    life.do("escalate", case, by=cast.operator, team=cast.team("board"), skip_reason="役員の判断が要る。")

    html = as_user(cast.lead).get(page_of(case)).content.decode()

    section = html.partition('id="hand-offs"')[2].partition("</section>")[0]
    for words in (
        "請求書番号も書いてあると",
        "役員の判断が要る。",
        "Waiting for acceptance",
        "一次対応では判断できない。",
    ):
        assert words in section
    assert re.search(r"waiting for \d+", section)


# --- messages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def failed(life: Life) -> Message:
    """The lead's letter about a new escalation could not be delivered."""
    case = life.escalated()
    letter = Message.objects.get(about=trail.subject_of(case), recipient=life.cast.lead)
    Message.objects.filter(pk=letter.pk).update(
        status="FAILED", attempts=8, next_try_at=None, error="550 5.1.1 <lead@example.jp> User unknown"
    )
    return letter


def case_of(letter: Message) -> Case:
    return Case.objects.get(pk=letter.about.partition(":")[2])


def resend(letter: Message) -> str:
    return f"{LIST}{case_of(letter).pk}/resend/{letter.pk}/"


def test_messages_say_to_whom_why_and_what_went_wrong(failed: Message, cast: Cast, as_user: AsUser) -> None:
    html = as_user(cast.lead).get(page_of(case_of(failed))).content.decode()

    section = html.partition('id="messages"')[2].partition("</section>")[0]
    for words in (
        "美咲 高橋",
        "as escalation destination",
        "8 attempts",
        "550 5.1.1 &lt;•••&gt; User unknown",
        "Send again",
    ):
        assert words in section
    assert "lead@example.jp" not in section
    assert section.count("<form") == 1


def test_who_answers_for_the_case_has_a_message_sent_again(failed: Message, cast: Cast, as_user: AsUser) -> None:
    response = as_user(cast.lead).post(resend(failed))

    assert response["Location"] == page_of(case_of(failed)) + "#messages"
    failed.refresh_from_db()
    assert (failed.status, failed.attempts) == ("QUEUED", 0)
    again = as_user(cast.lead).post(resend(failed), follow=True)
    assert again.status_code == 200


def test_nobody_else_sends_messages_again(failed: Message, cast: Cast, life: Life, as_user: AsUser) -> None:
    other = life.escalated()
    before = everything(but=[User])

    assert as_user(cast.responder).post(resend(failed)).status_code == 403
    assert as_user(cast.auditor).post(resend(failed)).status_code == 403
    assert as_user(cast.specialist).post(resend(failed)).status_code == 404
    assert as_user(cast.lead).get(resend(failed)).status_code == 405
    assert as_user(cast.lead, checks_csrf=True).post(resend(failed)).status_code == 403
    foreign = f"{LIST}{other.pk}/resend/{failed.pk}/"
    assert as_user(cast.lead).post(foreign).status_code == 404
    assert everything(but=[User]) == before
    assert "Send again" not in as_user(cast.responder).get(page_of(case_of(failed))).content.decode()


def test_the_page_reads_a_bounded_number_of_messages(failed: Message, cast: Cast, as_user: AsUser) -> None:
    Message.objects.bulk_create(
        Message(
            about=failed.about, key="reminder", recipient=cast.lead, address="a@example.jp", language="ja",
            subject="s", body="b", why="OWNER", next_try_at=timezone.now(), created_at=timezone.now(),
        )
        for _number in range(60)
    )  # fmt: skip

    shown = as_user(cast.lead).get(page_of(case_of(failed))).context["letters"]

    assert (len(shown.shown), shown.total, shown.shown[0].pk) == (30, 63, failed.pk)
