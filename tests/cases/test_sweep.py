"""The sweep as a whole: late, in batches, when a case cannot be handled, never twice, and how its health is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import Entry
from apps.cases import actions, clock, moves
from apps.cases.models import Case, Deadline, Firing, SweepStatus
from apps.notifications import outbox
from apps.notifications.models import Message
from tests.cases.life import NOW, Cast, Life
from tests.cases.moments import P2, assert_sound, minutes

# --- late sweeps ----------------------------------------------------------------------------------------------------------


def test_a_sweep_that_comes_hours_late_fires_each_clock_once_and_starts_the_next_from_then_on(life: Life) -> None:
    first = life.received(**P2)  # due: first response (15), first-line limit (60)
    waiting = life.escalated(**P2)  # due: acceptance (15)
    working = life.in_progress(**P2)  # due: status (120), stale (240), resolution (480)
    late = NOW + timedelta(hours=10)

    swept = life.sweep(late)

    assert swept.fired == {
        "FIRST_RESPONSE": 1, "FIRST_LINE_LIMIT": 1, "ACCEPTANCE": 1, "STATUS_UPDATE": 1, "STALE": 1, "RESOLUTION": 1,
    }  # fmt: skip
    assert (swept.warned, swept.failed) == (0, 0)
    assert swept.lateness == late - (NOW + minutes(11.25))  # since the first warning should have come
    assert {case.state for case in Case.objects.all()} == {"ESCALATED"}
    assert [row.due_at for case in (first, waiting) for row in life.clocks(case).values()] == [
        late + minutes(15),
        late + minutes(30),
    ]
    assert [(entry[1], entry[3]) for entry in life.journal(working)][-3:] == [
        ("remind", "IN_PROGRESS"),
        ("remind", "IN_PROGRESS"),
        ("escalate", "ESCALATED"),
    ]
    assert life.sweep(late) == clock.Swept()
    assert_sound()


def test_a_sweep_between_due_times_does_nothing_at_all(life: Life) -> None:
    life.in_progress(**P2)
    entries, messages = Entry.objects.count(), Message.objects.count()

    assert life.sweep(life.now + minutes(1)) == clock.Swept()

    assert (Entry.objects.count(), Message.objects.count(), Firing.objects.count()) == (entries, messages, 0)


def test_more_due_cases_than_a_batch_holds_are_all_swept(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "BATCH", 3)
    for _each in range(7):
        life.received(**P2)

    swept = life.sweep(NOW + timedelta(hours=2))

    assert swept.fired == {"FIRST_RESPONSE": 7, "FIRST_LINE_LIMIT": 7}
    assert life.sweep(NOW + timedelta(hours=2)) == clock.Swept()


# --- what cannot be handled ----------------------------------------------------------------------------------------------


class Stumble(Exception):
    """What a bug in a verb would raise."""


@pytest.fixture
def trip(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the escalation of one case fail: with an exception, or by writing what the database refuses."""

    def spoil(poisoned: Case, *, satisfaction: int | None = None) -> None:
        escalate = actions.escalate

        def stumbling(case: Case, *args: Any, **values: Any) -> None:
            escalate(case, *args, **values)
            if case.pk == poisoned.pk:
                if satisfaction is None:
                    raise Stumble("a bug")
                case.satisfaction = satisfaction

        monkeypatch.setattr(actions, "escalate", stumbling)

    return spoil


def test_a_case_that_raises_is_left_out_and_the_others_of_its_batch_go_on(
    life: Life, trip: Callable[..., None]
) -> None:
    good, bad, fine = (life.received(**P2) for _each in range(3))
    life.run_until(NOW + minutes(59))
    trip(bad)
    entries = life.journal(bad)

    swept = life.sweep(NOW + minutes(90))

    assert (swept.fired["FIRST_LINE_LIMIT"], swept.failed) == (2, 1)
    assert [Case.objects.get(pk=case.pk).state for case in (good, bad, fine)] == ["ESCALATED", "RECEIVED", "ESCALATED"]
    assert life.journal(bad) == entries
    limit = life.clocks(bad)["FIRST_LINE_LIMIT"]
    assert (limit.state, limit.attempts, limit.error) == ("RUNNING", 1, "Stumble: a bug")
    assert limit.next_at == NOW + minutes(91)
    assert not Firing.objects.filter(deadline=limit, step="DUE").exists()
    assert_sound()


def test_a_failing_case_is_tried_again_after_1_2_4_up_to_60_minutes(life: Life, trip: Callable[..., None]) -> None:
    case = life.received(**P2)
    life.run_until(NOW + minutes(59))
    trip(case)
    at = NOW + minutes(60)
    delays = []

    for _try in range(9):
        assert life.sweep(at).failed == 1
        assert life.sweep(at + timedelta(seconds=59)).failed == 0
        following = life.clocks(case)["FIRST_LINE_LIMIT"].next_at
        delays.append((following - at) / minutes(1))
        at = following

    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_what_failed_is_counted_until_it_is_done_and_holds_up_nobody(
    life: Life, trip: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = life.received(**P2)
    life.run_until(NOW + minutes(59))
    at = NOW + minutes(60)
    trip(case)
    clock.record(life.sweep(at), at)
    sick = clock.health(at)

    monkeypatch.undo()
    clock.record(life.sweep(at + minutes(1)), at + minutes(1))

    assert (sick.failing, sick.reasons) == (1, ())
    assert Case.objects.get(pk=case.pk).state == "ESCALATED"
    assert clock.health(at + minutes(1)).failing == 0


def test_a_warning_that_failed_and_then_came_leaves_nothing_to_report(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = life.received(**P2)
    warn_at = NOW + minutes(11.25)
    with monkeypatch.context() as broken:
        broken.setattr(moves, "holders", lambda draft, kind: 1 / 0)
        assert life.sweep(warn_at).failed == 1
    later = warn_at + minutes(1)

    clock.record(life.sweep(later), later)

    row = life.clocks(case)["FIRST_RESPONSE"]
    assert (row.warned_at, row.attempts, row.error) == (later, 0, "")
    assert clock.health(later).failing == 0


@pytest.mark.django_db(transaction=True)
def test_a_row_that_the_database_refuses_is_pushed_back_alone(life: Life, trip: Callable[..., None]) -> None:
    good, bad, fine = (life.received(**P2) for _each in range(3))
    life.run_until(NOW + minutes(59))
    trip(bad, satisfaction=9)  # a CHECK allows 1 to 5

    swept = life.sweep(NOW + minutes(90))

    assert (swept.fired, swept.failed) == ({"FIRST_LINE_LIMIT": 2}, 1)
    assert [Case.objects.get(pk=case.pk).state for case in (good, bad, fine)] == ["ESCALATED", "RECEIVED", "ESCALATED"]
    limit = life.clocks(bad)["FIRST_LINE_LIMIT"]
    assert (limit.attempts, limit.next_at) == (1, NOW + minutes(91))
    assert limit.error.startswith("IntegrityError: ")
    assert "cases_case_satisfaction_1_to_5" in limit.error
    assert_sound()


@pytest.mark.django_db(transaction=True)
def test_a_case_whose_letters_cannot_be_written_does_not_stop_the_others(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure comes while the whole batch is being written, and the database has no part in it."""
    good, bad, fine = (life.received(**P2) for _each in range(3))
    life.run_until(NOW + minutes(59))
    render = outbox.render

    def stumbling(notice: outbox.Notice, language: str, zone: str) -> outbox.Mail:
        if notice.context["number"] == bad.number:
            raise Stumble("a bug")
        return render(notice, language, zone)

    monkeypatch.setattr(outbox, "render", stumbling)

    swept = life.sweep(NOW + minutes(90))

    assert (swept.fired, swept.failed) == ({"FIRST_LINE_LIMIT": 2}, 1)
    assert [Case.objects.get(pk=case.pk).state for case in (good, bad, fine)] == ["ESCALATED", "RECEIVED", "ESCALATED"]
    assert life.clocks(bad)["FIRST_LINE_LIMIT"].error == "Stumble: a bug"
    assert_sound()


# --- once, not twice ------------------------------------------------------------------------------------------------------


def test_the_database_refuses_a_second_firing(life: Life) -> None:
    case = life.received(**P2)
    life.run_until(NOW + minutes(15))
    due = Firing.objects.get(deadline__case=case, step="DUE")

    with pytest.raises(IntegrityError), transaction.atomic():
        Firing.objects.create(deadline_id=due.deadline_id, step="DUE", at=NOW + minutes(16))
    with pytest.raises(IntegrityError), transaction.atomic():
        Firing.objects.create(deadline_id=due.deadline_id, step="WARNING", at=NOW + minutes(16))


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_is_set_back_behind_the_verbs_does_not_fire_again(life: Life) -> None:
    case = life.received(**P2)
    life.run_until(NOW + minutes(15))
    row = Deadline.objects.get(case=case, kind="FIRST_RESPONSE")
    Deadline.objects.filter(pk=row.pk).update(state="RUNNING", ended_at=None, next_at=row.due_at)
    journal, mail = life.journal(case), Message.objects.count()

    swept = life.sweep(NOW + minutes(16))

    assert (swept.fired, swept.failed) == ({}, 1)
    assert (life.journal(case), Message.objects.count()) == (journal, mail)
    assert Firing.objects.filter(deadline=row).count() == 2  # its warning and its one firing


# --- health ---------------------------------------------------------------------------------------------------------------


def test_nothing_swept_yet_is_not_healthy(cast: Cast) -> None:
    health = clock.health(NOW)

    assert (health.swept_at, health.waiting, len(health.reasons)) == (None, timedelta(0), 1)


def test_a_sweep_in_time_is_healthy_and_an_old_one_is_not(cast: Cast) -> None:
    clock.record(clock.sweep(NOW), NOW)

    assert clock.health(NOW + timedelta(seconds=60)).reasons == ()
    assert len(clock.health(NOW + timedelta(seconds=61)).reasons) == 1
    assert clock.health(NOW + timedelta(seconds=61)).swept_at == NOW


def test_a_clock_that_nobody_looks_at_is_not_healthy(life: Life) -> None:
    life.received(**P2)
    clock.record(clock.Swept(), NOW + minutes(14))

    health = clock.health(NOW + minutes(14))

    assert health.waiting == minutes(14 - 11.25)
    assert len(health.reasons) == 1
    assert "2" in health.reasons[0]  # minutes


def test_the_greatest_lateness_is_that_of_the_day_in_tokyo(cast: Cast) -> None:
    def status() -> tuple[int, int]:
        row = SweepStatus.objects.get()
        return row.lateness, row.worst_lateness

    evening = NOW.replace(hour=14, minute=59)  # 23:59 in Tokyo
    seen = []
    for at, lateness in ((NOW, 5), (NOW + minutes(1), 90), (evening, 7), (evening + minutes(1), 3)):
        clock.record(clock.Swept(lateness=timedelta(seconds=lateness)), at)
        seen.append(status())

    assert seen == [(5, 5), (90, 90), (7, 90), (3, 3)]
