"""What each of the nine clocks, and the end of a hold, does when it falls due."""

from datetime import datetime, timedelta
from typing import Any

from apps.audit import trail
from apps.audit.models import Entry
from apps.cases.models import Case, HandOff
from apps.notifications.models import Message
from tests.cases.life import NOW, Life
from tests.cases.moments import P1, P2, SECOND_LINE, assert_sound, ended, firings, minutes

# --- first line -----------------------------------------------------------------------------------------------------------


def test_a_missed_first_response_reminds_holder_and_lead_and_is_recorded(life: Life) -> None:
    case = life.received(**P2)

    life.run_until(NOW + minutes(15))

    assert firings(case) == [
        ("FIRST_RESPONSE", 1, "WARNING", NOW + minutes(11.25)),
        ("FIRST_RESPONSE", 1, "DUE", NOW + minutes(15)),
    ]
    assert {m for m in life.mail(case) if m[0] == "reminder"} == {
        ("reminder", "operator", "OWNER"),
        ("reminder", "lead", "LEAD"),
    }
    assert life.journal(case)[1:] == [("CLOCK", "remind", "RECEIVED", "RECEIVED")]
    assert ended(case) == {"FIRST_RESPONSE": "FIRED"}
    assert set(life.clocks(case)) == {"FIRST_LINE_LIMIT"}
    assert_sound()


def test_a_first_response_in_time_settles_its_clock(life: Life) -> None:
    case = life.received(**P2)
    life.run_until(NOW + minutes(13))

    case = life.do("respond", case, by=life.cast.operator, now=NOW + minutes(14))
    life.run_until(NOW + minutes(44))

    assert firings(case) == [("FIRST_RESPONSE", 1, "WARNING", NOW + minutes(11.25))]
    assert ended(case) == {"FIRST_RESPONSE": "SETTLED"}


def test_the_first_lines_limit_escalates_by_the_matrix_row(life: Life) -> None:
    case = life.received(**P2)
    life.run_until(NOW + minutes(59))
    before = life.last_mail()

    life.run_until(NOW + minutes(60))

    case = Case.objects.get(pk=case.pk)
    assert (case.state, case.team, case.owner, case.escalated_at, case.rung) == (
        "ESCALATED", life.cast.team("support-leaders"), None, NOW + minutes(60), 1,
    )  # fmt: skip
    assert life.mail(case, after=before) == {("status", "operator", "REPORTER")} | {
        ("escalated", name, "DESTINATION") for name in SECOND_LINE
    }
    hand_off = HandOff.objects.get(case=case)
    assert (hand_off.kind, hand_off.status, hand_off.by, hand_off.from_owner) == (
        "FUNCTIONAL", "PENDING", life.cast.clock, life.cast.operator,
    )  # fmt: skip
    assert hand_off.reason != ""
    assert {kind: row.due_at for kind, row in life.clocks(case).items()} == {"ACCEPTANCE": NOW + minutes(75)}
    entry = Entry.objects.get(subject=f"cases.case:{case.pk}", action="escalate")
    assert (entry.source, entry.actor) == ("CLOCK", trail.actor_of(life.cast.clock))
    assert_sound()


def test_the_gravest_cases_alert_the_person_responsible_as_well(life: Life) -> None:
    case = life.received(**P1)

    life.run_until(NOW + minutes(15))

    assert ("escalated", "manager", "DEPARTMENT_HEAD") in life.mail(case)


# --- the ladder -----------------------------------------------------------------------------------------------------------


def test_the_ladder_is_climbed_rung_by_rung_then_level_by_level_to_the_alarm(life: Life) -> None:
    """P2's ladder: the team (15 min), its lead (30), the head of the department (30); the last rung twice more, then up.

    So a level takes 15 + 30 + 30 + 30 + 30 = 135 minutes; the levels 2, 3, 4 and 5 take 540. At the very top the policy
    owner is alarmed, and again each day (1440 minutes).
    """
    case = life.escalated(**P2)
    top = life.now

    life.run_until(top + minutes(540 + 2 * 1440))

    steps = Entry.objects.filter(subject=f"cases.case:{case.pk}", actor=trail.actor_of(life.cast.clock)).order_by(
        "sequence"
    )
    climbed = [
        (minutes(15), "climb", 2, 0),
        (minutes(45), "climb", 3, 0),
        (minutes(75), "climb", 3, 1),
        (minutes(105), "climb", 3, 2),
    ]
    expected: list[tuple[Any, ...]] = []
    for level in range(4):
        expected += [(level * minutes(135) + after, *step) for after, *step in climbed]
        if level < 3:
            expected.append(((level + 1) * minutes(135), "escalate", "HIERARCHICAL"))
    expected += [(minutes(540 + day * 1440), "alarm", "ACCEPTANCE") for day in range(3)]
    assert [(entry.at - top, entry.action, *_said(entry)) for entry in steps] == expected

    hand_offs = HandOff.objects.filter(case=case).order_by("at").select_related("to_level")
    assert [(h.kind, h.to_level.rank, h.status) for h in hand_offs] == [
        ("FUNCTIONAL", 2, "SUPERSEDED"),
        ("HIERARCHICAL", 3, "SUPERSEDED"),
        ("HIERARCHICAL", 4, "SUPERSEDED"),
        ("HIERARCHICAL", 5, "PENDING"),
    ]
    assert {mail[1:] for mail in life.mail(case) if mail[0] == "alarm"} == {("policy", "POLICY_OWNER")}
    assert Message.objects.filter(key="alarm").count() == 3
    acceptance = life.clocks(case)["ACCEPTANCE"]
    assert (acceptance.round, acceptance.due_at) == (4, top + minutes(540 + 3 * 1440))
    assert_sound()


def _said(entry: Entry) -> tuple[Any, ...]:
    match entry.action:
        case "climb":
            return entry.details["rung"], entry.details["repeat"]
        case "escalate":
            return (entry.details["kind"],)
        case _:
            return (entry.details["clock"],)


def test_each_rung_tells_those_whom_it_names(life: Life) -> None:
    case = life.escalated(**P2)
    began, told = life.now, {}

    for after in (15, 45, 75):
        before = life.last_mail()
        life.run_until(began + minutes(after))
        told[after] = {mail[1:] for mail in life.mail(case, after=before) if mail[0] == "escalated"}

    assert told == {
        15: {("lead", "RULE")},
        45: {("manager", "DEPARTMENT_HEAD")},
        75: {("manager", "DEPARTMENT_HEAD")},
    }


def test_an_acceptance_ends_the_ladder(life: Life) -> None:
    case = life.escalated(**P2)
    life.run_until(life.now + minutes(50))

    case = life.do("accept", case, by=life.cast.kobayashi)

    assert (case.rung, case.rung_repeats) == (0, 0)
    assert ended(case)["ACCEPTANCE"] == "SETTLED"
    assert set(life.clocks(case)) == {"RESOLUTION", "STATUS_UPDATE", "STALE"}
    assert_sound()


# --- in progress ----------------------------------------------------------------------------------------------------------


def busy(life: Life, case: Case, until: datetime) -> None:
    """Time passes while the owner writes a note each half hour, so that nobody calls the case stale."""
    while life.now < until - minutes(30):
        life.run_until(life.now + minutes(29))
        life.do("note", case, by=life.cast.responder)
    life.run_until(until)


def test_a_missed_resolution_escalates_hierarchically(life: Life) -> None:
    case = life.in_progress(**P2)
    due_at = life.now + minutes(480)

    busy(life, case, due_at)

    case = Case.objects.select_related("level").get(pk=case.pk)
    assert (case.state, case.level.rank, case.owner, case.escalated_at) == ("ESCALATED", 3, None, due_at)
    assert life.journal(case)[-1] == ("CLOCK", "escalate", "IN_PROGRESS", "ESCALATED")
    last = HandOff.objects.get(case=case, status="PENDING")
    assert (last.kind, last.from_owner) == ("HIERARCHICAL", life.cast.responder)
    assert ended(case) | {"ACCEPTANCE": ""} == {
        "FIRST_RESPONSE": "CANCELLED",
        "FIRST_LINE_LIMIT": "SETTLED",
        "ACCEPTANCE": "",
        "RESOLUTION": "FIRED",
        "STATUS_UPDATE": "CANCELLED",
        "STALE": "CANCELLED",
    }
    assert_sound()


def test_a_missed_resolution_at_the_very_top_alarms_the_policy_owner_each_day(life: Life) -> None:
    case = life.escalated(**P2)
    board = life.cast.team("board")
    case = life.do("escalate", case, by=life.cast.responder, team=board, skip_reason="経営判断が要る。")
    case = life.do("accept", case, by=life.cast.director)
    began = life.now

    for day in range(3):
        due_at = began + minutes(480 + day * 1440)
        life.do("note", case, by=life.cast.director, now=due_at - minutes(1), visibility="REPORTER")
        life.sweep(due_at)

    assert [
        (kind, round, at - began) for kind, round, step, at in firings(case) if (kind, step) == ("RESOLUTION", "DUE")
    ] == [
        ("RESOLUTION", 1, minutes(480)),
        ("RESOLUTION", 2, minutes(480 + 1440)),
        ("RESOLUTION", 3, minutes(480 + 2880)),
    ]
    assert {mail[1:] for mail in life.mail(case) if mail[0] == "alarm"} == {("policy", "POLICY_OWNER")}
    assert Case.objects.get(pk=case.pk).owner == life.cast.director
    assert_sound()


def test_a_due_status_update_reminds_the_owner_informs_the_reporter_and_starts_anew(life: Life) -> None:
    case = life.in_progress(**P2)
    began = life.now
    life.run_until(began + minutes(119))
    before = life.last_mail()

    life.run_until(began + minutes(120))

    assert life.mail(case, after=before) == {
        ("reminder", "responder", "OWNER"),
        ("reminder", "lead", "LEAD"),
        ("status", "operator", "REPORTER"),
    }
    again = life.clocks(case)["STATUS_UPDATE"]
    assert (again.round, again.started_at, again.due_at) == (2, began + minutes(120), began + minutes(240))
    life.run_until(began + minutes(479))
    assert [each[1] for each in firings(case) if each[0] == "STATUS_UPDATE" and each[2] == "DUE"] == [1, 2, 3]
    assert_sound()


def test_a_note_that_the_reporter_sees_counts_as_a_status_update_and_an_internal_one_does_not(life: Life) -> None:
    case = life.in_progress(**P2)
    began = life.now

    life.do("note", case, by=life.cast.responder, now=began + minutes(60))
    assert life.clocks(case)["STATUS_UPDATE"].due_at == began + minutes(120)
    assert life.clocks(case)["STALE"].due_at == began + minutes(60 + 240)

    life.do("note", case, by=life.cast.responder, now=began + minutes(70), visibility="REPORTER")
    assert life.clocks(case)["STATUS_UPDATE"].due_at == began + minutes(70 + 120)


def test_a_case_without_activity_reminds_and_then_takes_the_acceptance_back(life: Life) -> None:
    """P1: 60 minutes without activity remind, 60 more take the case back."""
    case = life.in_progress(**P1)
    began = life.now
    life.run_until(began + minutes(60))
    assert Case.objects.get(pk=case.pk).owner == life.cast.responder
    assert life.clocks(case)["STALE"].round == 2
    assert ("reminder", "responder", "OWNER") in life.mail(case)
    life.run_until(began + minutes(119))
    before = life.last_mail()

    life.run_until(began + minutes(120))

    case = Case.objects.get(pk=case.pk)
    assert (case.state, case.team, case.owner) == ("ESCALATED", life.cast.team("support-leaders"), None)
    assert life.journal(case)[-1] == ("CLOCK", "escalate", "IN_PROGRESS", "ESCALATED")
    pending = HandOff.objects.get(case=case, status="PENDING")
    assert (pending.from_owner, pending.to_team) == (life.cast.responder, life.cast.team("support-leaders"))
    told = life.mail(case, after=before)
    assert ("reminder", "responder", "FORMER_OWNER") in told
    assert {("escalated", name, "DESTINATION") for name in SECOND_LINE} <= told
    assert set(life.clocks(case)) == {"ACCEPTANCE"}
    assert_sound()


def test_activity_after_the_reminder_saves_the_acceptance(life: Life) -> None:
    case = life.in_progress(**P1)
    began = life.now
    life.run_until(began + minutes(61))

    life.do("note", case, by=life.cast.responder, now=began + minutes(62))
    life.run_until(began + minutes(121))

    assert Case.objects.get(pk=case.pk).owner == life.cast.responder
    assert life.clocks(case)["STALE"].round == 1


# --- resolved -------------------------------------------------------------------------------------------------------------


def test_an_unanswered_customer_is_recorded_as_no_answer_never_as_a_yes(life: Life) -> None:
    case = life.resolved(**P2)
    due_at = life.now + minutes(4320)
    life.run_until(due_at - minutes(1))
    before = life.last_mail()

    life.run_until(due_at)

    case = Case.objects.get(pk=case.pk)
    assert (case.state, case.confirmation, case.satisfaction) == ("RESOLVED", "NO_ANSWER", None)
    assert life.journal(case)[-1] == ("CLOCK", "record_no_answer", "RESOLVED", "RESOLVED")
    assert life.mail(case, after=before) == set()
    assert set(life.clocks(case)) == {"REVIEW"}

    case = life.do("confirm", case, by=None, satisfaction=4)  # a late answer still counts
    assert (case.confirmation, case.satisfaction) == ("SETTLED", 4)
    assert_sound()


def test_a_missing_review_reminds_the_reviewer_and_then_the_level_above(life: Life) -> None:
    case = life.resolved(**P2)
    began, told = life.now, []

    for round_ in (1, 2, 3):
        life.run_until(began + minutes(10080 * round_) - minutes(1))
        before = life.last_mail()
        life.run_until(began + minutes(10080 * round_))
        told.append({mail for mail in life.mail(case, after=before) if mail[0] == "reminder"})

    above = Case.objects.get(pk=case.pk)
    destination = HandOff.objects.get(case=case).to_team
    assert destination == above.team  # still where it was resolved: a reminder moves nothing
    assert told[0] == {("reminder", "lead", "LEAD")}
    assert told[1] == told[2] != told[0]
    assert {why for _key, _who, why in told[1]} == {"REVIEWER"}
    assert life.clocks(case)["REVIEW"].round == 4
    case = life.do("review", case, by=life.cast.lead)
    assert (case.state, life.clocks(case)) == ("REVIEWED", {})
    assert_sound()


# --- holds ----------------------------------------------------------------------------------------------------------------


def test_a_hold_that_ends_by_itself_resumes_by_itself_and_gives_its_time_back(life: Life) -> None:
    """P2: 100 of 480 minutes had passed when the case was put on hold for two days; its owner has 380 left afterwards."""
    case = life.in_progress(**P2)
    began = life.now
    held_at, until = began + minutes(100), began + timedelta(days=2)
    life.run_until(began + minutes(99))
    case = life.do("hold", case, by=life.cast.responder, now=held_at, until=until)
    assert {row.state for kind, row in life.clocks(case).items() if kind != "HOLD"} == {"PAUSED"}

    life.run_until(until - timedelta(seconds=1))
    assert Case.objects.get(pk=case.pk).held_at == held_at
    before = life.last_mail()
    swept = life.run_until(until)

    case = Case.objects.get(pk=case.pk)
    assert (case.state, case.held_at, case.owner) == ("IN_PROGRESS", None, life.cast.responder)
    assert swept.fired == {"HOLD": 1}
    assert life.journal(case)[-1] == ("CLOCK", "resume", "IN_PROGRESS", "IN_PROGRESS")
    assert life.mail(case, after=before) == {("reminder", "responder", "OWNER")}
    live = life.clocks(case)
    assert {kind: row.due_at - until for kind, row in live.items()} == {
        "RESOLUTION": minutes(380),
        "STATUS_UPDATE": minutes(20),  # of 120, 100 had passed
        "STALE": minutes(240),  # putting it on hold was activity
    }
    assert live["RESOLUTION"].warn_at == until + minutes(360 - 100)
    assert live["STATUS_UPDATE"].warned_at == began + minutes(90)  # warned before the hold: not again
    assert live["STATUS_UPDATE"].next_at == until + minutes(20)
    assert_sound()


def test_a_hold_has_no_warning_and_stops_no_clock_of_the_wall(life: Life) -> None:
    case = life.in_progress(wanted_by=NOW + minutes(300), **P2)
    case = life.do("hold", case, by=life.cast.responder, until=NOW + minutes(400))
    assert life.clocks(case)["HOLD"].warn_at is None

    swept = life.run_until(NOW + minutes(399))

    assert (swept.fired, swept.warned) == ({"REQUESTED": 1}, 1)
