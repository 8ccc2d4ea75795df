"""Who gets which mail for which verb, never the person who acted; and what a customer may read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from apps.cases.models import Case
from apps.notifications.models import Message
from apps.people.models import User
from tests.cases.life import CUSTOMER, NOW, SHEET, Cast, Life

Told = set[tuple[str, str, str]]
SECOND_LINE: Told = {("escalated", who, "DESTINATION") for who in ("responder", "kobayashi", "lead")}


def told_by(life: Life, verb: str, case: Case, *, by: User | None, **form: Any) -> Told:
    """(kind of message, to whom, why) of what this one verb sent."""
    before = life.last_mail()
    life.do(verb, case, by=by, **form)
    return life.mail(case, after=before)


# --- the verbs ------------------------------------------------------------------------------------------------------


def test_a_report_to_ones_own_team_tells_nobody(cast: Cast, life: Life) -> None:
    assert life.mail(life.received()) == set()


def test_a_report_that_nobody_holds_yet_tells_the_team(cast: Cast, life: Life) -> None:
    assert life.mail(life.received(by=cast.shop, department=cast.team("phone-desk").department)) == {
        ("assigned", "operator", "CONCERNED"),
        ("assigned", "tanaka", "CONCERNED"),
        ("assigned", "lead", "CONCERNED"),
    }


def test_an_escalation_tells_the_destination_and_the_reporter(cast: Cast, life: Life) -> None:
    case = life.received()

    assert told_by(life, "escalate", case, by=cast.tanaka) == SECOND_LINE | {("status", "operator", "REPORTER")}


def test_an_escalation_by_its_reporter_tells_the_destination_alone(cast: Cast, life: Life) -> None:
    assert told_by(life, "escalate", life.received(), by=cast.operator) == SECOND_LINE


def test_the_lead_who_escalates_to_their_own_team_is_not_told(cast: Cast, life: Life) -> None:
    told = told_by(life, "escalate", life.received(), by=cast.lead)

    assert told == {
        ("escalated", "responder", "DESTINATION"),
        ("escalated", "kobayashi", "DESTINATION"),
        ("status", "operator", "REPORTER"),
    }


def test_the_highest_priority_tells_the_person_responsible_too(cast: Cast, life: Life) -> None:
    case = life.received(impact="ALL", urgency="CRITICAL")

    told = told_by(life, "escalate", case, by=cast.operator)

    assert told == SECOND_LINE | {("escalated", "manager", "DEPARTMENT_HEAD")}


def test_the_rungs_of_the_ladder(cast: Cast, life: Life) -> None:
    """P3: after 60 working minutes the lead, after 120 the head of the department; nobody twice for one step."""
    case, told = life.escalated(), []
    for minutes in (60, 180):
        before, start = life.last_mail(), NOW + timedelta(minutes=1)
        life.run_until(start + timedelta(minutes=minutes + (60 if minutes > 120 else 0)))  # lunch
        told.append({each for each in life.mail(case, after=before) if each[0] == "escalated"})

    assert told == [{("escalated", "lead", "RULE")}, {("escalated", "manager", "DEPARTMENT_HEAD")}]


def test_an_acceptance_tells_the_reporter(cast: Cast, life: Life) -> None:
    assert told_by(life, "accept", life.escalated(), by=cast.responder) == {("accepted", "operator", "REPORTER")}


def test_a_sent_back_case_tells_who_has_it_again(cast: Cast, life: Life) -> None:
    told = told_by(life, "send_back", life.escalated(), by=cast.responder)

    assert told == {("sent_back", "operator", "FORMER_OWNER")}


def test_a_sent_back_case_that_nobody_has_tells_the_team_and_the_reporter(cast: Cast, life: Life) -> None:
    case = life.received(by=cast.shop, department=cast.team("phone-desk").department)
    case = life.do("escalate", case, by=cast.tanaka)

    told = told_by(life, "send_back", case, by=cast.responder)

    assert told == {
        ("sent_back", "shop", "REPORTER"),
        ("sent_back", "operator", "DESTINATION"),
        ("sent_back", "tanaka", "DESTINATION"),
        ("sent_back", "lead", "DESTINATION"),
    }


def test_a_de_escalation_tells_the_team_below_and_the_reporter(cast: Cast, life: Life) -> None:
    told = told_by(life, "de_escalate", life.in_progress(), by=cast.responder)

    assert {who for _key, who, _why in told} == {"operator", "tanaka", "lead"}


def test_a_hand_over_tells_the_new_owner_and_the_reporter(cast: Cast, life: Life) -> None:
    assert told_by(life, "hand_over", life.in_progress(), by=cast.responder) == {
        ("handed_over", "kobayashi", "OWNER"),
        ("handed_over", "operator", "REPORTER"),
    }


def test_who_takes_a_case_themselves_is_not_told(cast: Cast, life: Life) -> None:
    told = told_by(life, "hand_over", life.in_progress(), by=cast.lead, owner=cast.lead)

    assert told == {("handed_over", "operator", "REPORTER")}


@pytest.mark.parametrize("verb", ["hold", "note"])
def test_holds_and_notes_tell_nobody(cast: Cast, life: Life, verb: str) -> None:
    assert told_by(life, verb, life.in_progress(), by=cast.responder) == set()


def test_a_result_tells_the_reporter_the_team_and_the_customer(cast: Cast, life: Life) -> None:
    assert told_by(life, "resolve", life.in_progress(), by=cast.responder) == {
        ("resolved", "operator", "REPORTER"),
        ("resolved", "kobayashi", "CONCERNED"),
        ("resolved", "lead", "CONCERNED"),
        ("confirmation", CUSTOMER, "CUSTOMER"),
    }


def test_without_an_address_no_mail_goes_to_the_customer(cast: Cast, life: Life) -> None:
    told = told_by(life, "resolve", life.in_progress(customer_email=""), by=cast.responder)

    assert {key for key, _who, _why in told} == {"resolved"}


def test_the_customers_yes_tells_nobody(cast: Cast, life: Life) -> None:
    assert told_by(life, "confirm", life.resolved(), by=None) == set()


def test_the_customers_no_tells_the_owner_and_the_reporter(cast: Cast, life: Life) -> None:
    assert told_by(life, "reopen", life.resolved(), by=None) == {
        ("reopened", "responder", "OWNER"),
        ("reopened", "operator", "REPORTER"),
    }


def test_a_reopening_by_the_owner_tells_the_reporter_alone(cast: Cast, life: Life) -> None:
    assert told_by(life, "reopen", life.resolved(), by=cast.responder) == {("reopened", "operator", "REPORTER")}


def test_a_review_thanks_the_reporter_and_the_owner(cast: Cast, life: Life) -> None:
    assert told_by(life, "review", life.resolved(), by=cast.lead) == {
        ("reviewed", "operator", "REPORTER"),
        ("reviewed", "responder", "OWNER"),
    }


# --- never the actor ------------------------------------------------------------------------------------------------

ACTS: list[tuple[str, str, list[str]]] = [
    # verb, the case before it, everybody who may
    ("respond", "received", ["operator", "tanaka", "lead"]),
    ("escalate", "received", ["operator", "tanaka", "lead", "manager"]),
    ("escalate", "escalated", ["operator", "responder", "kobayashi", "lead", "manager"]),
    ("escalate", "in_progress", ["responder", "lead", "manager"]),
    ("accept", "escalated", ["responder", "kobayashi", "lead"]),
    ("send_back", "escalated", ["responder", "kobayashi", "lead"]),
    ("de_escalate", "in_progress", ["responder"]),
    ("hand_over", "in_progress", ["responder", "lead"]),
    ("resolve", "in_progress", ["responder"]),
    ("resolve", "received", ["operator"]),
    ("reopen", "resolved", ["operator", "responder", "kobayashi", "lead", "manager"]),
    ("review", "resolved", ["operator", "kobayashi", "lead", "manager"]),
]


@pytest.mark.parametrize(("verb", "stage", "people"), ACTS)
def test_nobody_is_told_what_they_did_themselves(
    cast: Cast, life: Life, verb: str, stage: str, people: list[str]
) -> None:
    told = {}
    for who in people:
        case = getattr(life, stage)()
        told[who] = {name for _key, name, _why in told_by(life, verb, case, by=getattr(cast, who))}

    assert [who for who in people if who in told[who]] == []


def test_somebody_who_has_left_gets_no_mail(cast: Cast, life: Life) -> None:
    User.objects.filter(username="kobayashi").update(is_active=False)

    assert told_by(life, "escalate", life.received(), by=cast.operator) == {
        each for each in SECOND_LINE if each[1] != "kobayashi"
    }


def test_nobody_is_told_the_same_thing_twice(cast: Cast, life: Life) -> None:
    """The lead is a member of the destination and, for P1, the manager both head and, by the trigger, told."""
    case = life.received(flags=["HARASSMENT"], impact="ALL", urgency="CRITICAL")

    told = list(Message.objects.filter(about=f"cases.case:{case.pk}").values_list("key", "recipient__username"))

    assert len(told) == len(set(told))
    assert {who for key, who in told if key == "escalated"} == {"responder", "kobayashi", "lead", "manager"}


# --- the customer ---------------------------------------------------------------------------------------------------


def test_a_customers_mail_holds_nothing_internal(cast: Cast, life: Life) -> None:
    case = life.do("note", life.in_progress(), by=cast.responder, text="顧客は以前も苦情を寄せている。")
    case = life.do("resolve", case, by=cast.responder)

    mail = Message.objects.get(about=f"cases.case:{case.pk}", key="confirmation")

    internal = [str(SHEET[name]) for name in ("facts", "customer_said", "first_line_did", "stuck_on")]
    internal += [case.cause, case.prevention, "以前も苦情", "/cases/"]
    internal += [str(part) for user in User.objects.people() for part in (user.last_name, user.email, user.username)]
    internal += [team.name for team in (cast.team(code) for code in ("phone-desk", "support-leaders"))]
    assert [word for word in internal if word and word in mail.subject + mail.body] == []
    assert (mail.address, mail.recipient, mail.language) == (CUSTOMER, None, "ja")
    assert case.number in mail.body
    assert "/confirm/" in mail.body


def test_the_link_of_an_earlier_resolution_is_another_one(cast: Cast, life: Life) -> None:
    case = life.do("reopen", life.resolved(), by=None)
    life.do("resolve", case, by=cast.responder)

    first, second = Message.objects.filter(key="confirmation").order_by("pk")

    def link(mail: Message) -> str:
        return next(line for line in mail.body.splitlines() if "/confirm/" in line)

    assert link(first) != link(second)


# --- confidential cases ---------------------------------------------------------------------------------------------


def test_who_may_not_read_a_confidential_case_is_told_that_there_is_one_and_no_more(cast: Cast, life: Life) -> None:
    case = life.escalated(category=cast.category("harassment"))
    life.run_until(NOW + timedelta(hours=5))

    told = User.objects.filter(pk__in=Message.objects.filter(about=f"cases.case:{case.pk}").values("recipient"))

    assert {user.username for user in told if not Case.objects.visible_to(user).filter(pk=case.pk).exists()} == {
        "manager"
    }
    letter = Message.objects.get(about=f"cases.case:{case.pk}", recipient=cast.manager)
    told_in_full = Message.objects.filter(about=f"cases.case:{case.pk}", recipient=cast.responder).earliest("pk")
    contents = [str(SHEET[name]) for name in ("subject", "facts", "customer", "first_line_did", "stuck_on")]
    assert [text for text in contents if text in letter.subject + letter.body] == []
    assert [text for text in contents if text not in told_in_full.subject + told_in_full.body] == []
    assert case.number in letter.subject


# --- languages ------------------------------------------------------------------------------------------------------


def test_everybody_reads_in_their_own_language(cast: Cast, life: Life) -> None:
    User.objects.filter(username="kobayashi").update(language="en")
    with translation.override("ja"):  # the operator's
        case = life.escalated(support_wanted="DECISION")

    letters = Message.objects.filter(about=f"cases.case:{case.pk}")
    assert dict(letters.values_list("recipient__username", "language")) == {
        "responder": "ja",
        "kobayashi": "en",
        "lead": "ja",
    }
    lines = letters.get(recipient=cast.kobayashi).body.splitlines()
    assert "State: Escalated" in lines
    assert "A decision" in lines
    assert "Team: Support leaders" in lines
