"""A historical log through the verbs: a small one whose outcome was worked out by hand, alone, beside other cases and again."""

import io
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from apps.audit import trail
from apps.audit.models import Seal
from apps.cases import integrity
from apps.cases.models import Case, Firing, HandOff
from apps.notifications.models import Message
from apps.people.models import Team, User
from tests.cases.life import Cast, Life
from tests.cases.replaying import HEADER, LOG, Write, replay

TOKYO = ZoneInfo("Asia/Tokyo")


def tokyo(text: str) -> datetime:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=TOKYO)


def case_of(name: str) -> Case:
    return Case.objects.get(subject__endswith=f" {name}")


def moments(case: Case) -> list[tuple[str, str, datetime]]:
    rows = Firing.objects.filter(deadline__case=case).order_by("at", "deadline__kind").select_related("deadline")
    return [(row.deadline.kind, row.step, row.at) for row in rows]


def walk(case: Case) -> list[tuple[str, str, str, str]]:
    """(kind, status, way, by whom) of the hand-offs in the order of time; a case is handed over when it has arrived."""
    rows = HandOff.objects.filter(case=case).select_related("from_team", "to_team", "by")
    in_order = sorted(rows, key=lambda hand_off: (hand_off.at, hand_off.kind == "HAND_OVER"))
    return [
        (h.kind, h.status, f"{h.from_team.name} → {h.to_team.name}", h.by.last_name or h.by.username) for h in in_order
    ]


# --- the log with the known answer ------------------------------------------------------------------------------------------


@pytest.fixture
def answer(cast: Cast, write: Write) -> dict[str, Any]:
    return replay(write(LOG))


def test_the_summary_is_what_was_worked_out_by_hand(answer: dict[str, Any]) -> None:
    assert {
        key: answer[key] for key in ("events", "cases", "states", "verbs", "bridging_verbs", "events_without_a_verb")
    } == {
        "events": 28,
        "cases": 4,
        "states": {"RESOLVED": 2, "REVIEWED": 2},  # B and D, A and C
        "verbs": {
            "receive": 4,
            "respond": 3,  # A, C, D
            "escalate": 3,  # A by Ann, B by Bob, C by Ann: who held the case
            "accept": 4,  # A by Bob, B by Bob and Dee, C by Bob
            "de_escalate": 1,  # C, from Second to Front
            "hand_over": 4,  # A from Bob to Cid; D from Ann to Eve, to Fay in the other team, and back to Eve
            "hold": 1,
            "resume": 1,
            "resolve": 5,  # C twice
            "reopen": 1,
            "review": 2,  # A by Bob, C by Eve
        },
        "bridging_verbs": {
            "hand_over": 1,  # C came back to Front with no owner: nobody there could give it to Ann
            "escalate": 1,  # D reached the second line without a name
            "send_back": 1,  # D went on below, and nobody of the second line had had a hand in it
        },
        "events_without_a_verb": 1,  # work on C after its review
    }


def test_the_clocks_fired_between_the_lines_at_their_own_moments(answer: dict[str, Any]) -> None:
    assert answer["clocks_fired"] == {
        "FIRST_RESPONSE": 1,
        "FIRST_LINE_LIMIT": 1,
        "ACCEPTANCE": 2,
        "STATUS_UPDATE": 4,
        "STALE": 1,
        "CONFIRMATION": 2,
    }
    assert answer["warnings"] == 13
    assert moments(case_of("A")) == [
        ("STATUS_UPDATE", "WARNING", tokyo("03-02 11:00:00")),  # accepted at 9:30
        ("STATUS_UPDATE", "DUE", tokyo("03-02 11:30:00")),
        ("STATUS_UPDATE", "WARNING", tokyo("03-02 13:00:00")),
        ("STATUS_UPDATE", "DUE", tokyo("03-02 13:30:00")),
        # on hold from 14:00 to the next day at 9:00: of the 90 minutes until the next warning 30 had passed
        ("STATUS_UPDATE", "WARNING", tokyo("03-03 10:00:00")),
        ("CONFIRMATION", "WARNING", tokyo("03-05 16:15:00")),  # resolved at 10:15
        ("CONFIRMATION", "DUE", tokyo("03-06 10:15:00")),
    ]
    assert moments(case_of("B")) == [
        ("FIRST_RESPONSE", "WARNING", tokyo("03-02 09:11:15")),
        ("FIRST_RESPONSE", "DUE", tokyo("03-02 09:15:00")),
        ("FIRST_LINE_LIMIT", "WARNING", tokyo("03-02 09:45:00")),
        ("FIRST_LINE_LIMIT", "DUE", tokyo("03-02 10:00:00")),
        ("ACCEPTANCE", "WARNING", tokyo("03-02 10:11:15")),
        ("ACCEPTANCE", "DUE", tokyo("03-02 10:15:00")),
        ("ACCEPTANCE", "WARNING", tokyo("03-02 10:37:30")),
        ("ACCEPTANCE", "DUE", tokyo("03-02 10:45:00")),
        ("STATUS_UPDATE", "WARNING", tokyo("03-02 12:30:00")),  # accepted at 11:00
        ("STATUS_UPDATE", "DUE", tokyo("03-02 13:00:00")),
        ("STALE", "WARNING", tokyo("03-02 14:00:00")),
        ("STATUS_UPDATE", "WARNING", tokyo("03-02 14:30:00")),
        ("STALE", "DUE", tokyo("03-02 15:00:00")),
        ("STATUS_UPDATE", "DUE", tokyo("03-02 15:00:00")),
        ("CONFIRMATION", "WARNING", tokyo("03-04 21:30:00")),  # resolved at 15:30
        ("CONFIRMATION", "DUE", tokyo("03-05 15:30:00")),
    ]
    assert moments(case_of("C")) == []
    assert moments(case_of("D")) == [("CONFIRMATION", "WARNING", tokyo("03-06 15:40:00"))]


def test_the_hand_offs_tell_the_way_of_each_case(answer: dict[str, Any]) -> None:
    assert walk(case_of("A")) == [
        ("FUNCTIONAL", "ACCEPTED", "Front → Second", "Ann"),
        ("HAND_OVER", "ACCEPTED", "Second → Second", "Bob"),
    ]
    assert walk(case_of("B")) == [
        ("FUNCTIONAL", "ACCEPTED", "Front → Second", "CLOCK"),
        ("FUNCTIONAL", "ACCEPTED", "Second → Third", "Bob"),
    ]
    assert walk(case_of("C")) == [
        ("FUNCTIONAL", "ACCEPTED", "Front → Second", "Ann"),
        ("DE_ESCALATION", "ACCEPTED", "Second → Front", "Bob"),
        ("HAND_OVER", "ACCEPTED", "Front → Front", "IMPORT"),
    ]
    assert walk(case_of("D")) == [
        ("FUNCTIONAL", "SENT_BACK", "Front → Second", "IMPORT"),
        ("SEND_BACK", "ACCEPTED", "Second → Front", "IMPORT"),
        ("HAND_OVER", "ACCEPTED", "Front → Front", "Ann"),
        ("HAND_OVER", "ACCEPTED", "Front → Other", "Eve"),
        ("HAND_OVER", "ACCEPTED", "Other → Other", "Fay"),
    ]


def test_the_cases_end_as_the_log_leaves_them(answer: dict[str, Any]) -> None:
    assert {name: _end(case_of(name)) for name in "ABCD"} == {
        "A": ("REVIEWED", "Second", "Cid", "NO_ANSWER", 1, 0, tokyo("03-07 09:00:00")),
        "B": ("RESOLVED", "Third", "Dee", "NO_ANSWER", 2, 0, None),
        "C": ("REVIEWED", "Front", "Ann", "", 1, 1, tokyo("03-03 10:10:00")),
        "D": ("RESOLVED", "Other", "Eve", "", 1, 0, None),
    }
    assert {case.received_at for case in Case.objects.all()} == {
        tokyo("03-02 09:00:00"), tokyo("03-03 09:00:00"), tokyo("03-04 09:00:00")
    }  # fmt: skip
    assert case_of("A").number.startswith("ESC-2026-")


def _end(case: Case) -> tuple[Any, ...]:
    owner = case.owner.last_name if case.owner else None
    return case.state, case.team.name, owner, case.confirmation, case.escalations, case.reopenings, case.reviewed_at


def test_refusals_and_malformed_lines_name_their_lines(answer: dict[str, Any]) -> None:
    assert {key: (each["count"], each["lines"]) for key, each in answer["refusals"].items()} == {
        "review: own_review": (2, [18, 29]),  # who had resolved it closed it
        "resolve: state": (1, [22]),  # after the review
    }
    assert all(each["example"] for each in answer["refusals"].values())
    assert [each["line_number"] for each in answer["malformed_lines"]] == [30, 31, 32, 33, 34, 36, 37, 38, 39]
    assert all(each["reason"] for each in answer["malformed_lines"])
    assert {"yesterday", "9", "exploded", "huge", "soon"} <= {
        word.strip("“”「」.,。、") for each in answer["malformed_lines"] for word in _words(each["reason"])
    }
    assert not Case.objects.filter(subject__endswith=" E").exists()


def test_a_refusal_of_a_case_without_a_number_yet_names_it_as_the_log_does(cast: Cast, write: Write) -> None:
    rows = [
        "NEW-1,2026-11-24T09:00,received,1,Desk,aki,ONE,LOW,",
        "NEW-1,2026-11-24T09:10,resolved,1,Desk,aki,ONE,LOW,",
        "NEW-1,2026-11-24T09:20,closed,1,Desk,aki,ONE,LOW,",
    ]

    answer = replay(write("\n".join([HEADER, *rows])))

    assert "NEW-1" in answer["refusals"]["review: own_review"]["example"]


def _words(sentence: str) -> list[str]:
    for mark in "“”「」":
        sentence = sentence.replace(mark, " ")
    return sentence.split()


def test_what_was_played_is_sound_sealed_and_mails_nobody(answer: dict[str, Any]) -> None:
    assert [str(breach) for breach in integrity.faults()] == []
    assert trail.verify().faults == []
    assert Seal.objects.count() == 1
    assert not Message.objects.exists()
    assert not User.objects.filter(username__startswith="log.", email__gt="").exists()
    assert not any(user.has_usable_password() for user in User.objects.filter(username__startswith="log."))


def test_the_summary_has_its_shape(answer: dict[str, Any]) -> None:
    assert list(answer) == [
        "events", "cases", "states", "verbs", "bridging_verbs", "events_without_a_verb", "clocks_fired", "warnings",
        "refusals", "malformed_lines", "seconds", "cases_per_second",
    ]  # fmt: skip
    assert answer["seconds"] > 0


# --- beside other cases, and again -------------------------------------------------------------------------------------------


def test_other_cases_of_the_database_are_left_alone(life: Life, write: Write) -> None:
    """Their clocks are all long due by the log's time."""
    long_ago = tokyo("03-01 09:00:00")
    for stage in (life.received, life.escalated, life.in_progress, life.resolved):
        stage(now=long_ago, impact="SOME", urgency="HIGH") if stage == life.received else stage(
            impact="SOME", urgency="HIGH"
        )
    live = list(Case.objects.order_by("pk"))
    Case.objects.update(received_at=long_ago)
    before = [(life.journal(case), list(case.deadlines.order_by("pk").values_list())) for case in live]
    letters = Message.objects.count()

    answer = replay(write(LOG))

    assert answer["cases"] == 4
    assert [(life.journal(case), list(case.deadlines.order_by("pk").values_list())) for case in live] == before
    assert Message.objects.count() == letters
    assert [str(breach) for breach in integrity.faults()] == []


def test_a_second_replay_uses_the_teams_and_people_of_the_first(cast: Cast, write: Write) -> None:
    path = write(LOG)
    first = replay(path)
    teams, users = Team.objects.count(), User.objects.count()

    second = replay(path)

    counts = ("events", "states", "verbs", "bridging_verbs", "clocks_fired", "warnings", "malformed_lines")
    assert {key: second[key] for key in counts} == {key: first[key] for key in counts}
    assert (Team.objects.count(), User.objects.count()) == (teams, users)
    assert Case.objects.count() == 8


def test_a_category_by_code_or_name_is_taken_over(cast: Cast, write: Write) -> None:
    lines = [f"{name},2026-03-02T09:00:00+09:00,received,1,Front,Ann,3,3,{category}" for name, category in
             (("A", "inquiry"), ("B", "クレーム"), ("C", "unheard of"))]  # fmt: skip

    replay(write("\n".join([HEADER, *lines])))

    assert [case_of(name).category for name in "ABC"] == [cast.category("inquiry"), cast.category("complaint"), None]


def test_a_database_without_a_policy_gets_the_default_one(db: None, write: Write) -> None:
    answer = replay(write(f"{HEADER}\nA,2026-03-02T09:00:00+09:00,received,1,Front,Ann,3,3,\n"))

    assert (answer["cases"], answer["states"]) == (1, {"RECEIVED": 1})
    assert [str(breach) for breach in integrity.faults()] == []
    assert trail.verify().faults == []


def test_the_text_for_people_names_lines_and_counts(cast: Cast, write: Write) -> None:
    out, progress = io.StringIO(), io.StringIO()

    call_command("replay", str(write(LOG)), stdout=out, stderr=progress)

    text = out.getvalue()
    assert "cases: 4" in text
    assert "review: own_review: 2 (lines 18, 29)" in text
    assert "malformed lines: 9" in text
