"""Verbs on many cases at once: each row is decided by itself, and told what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.cases import verbs
from apps.cases.admin import bulk
from apps.cases.models import Case, Update
from apps.people.models import User
from apps.policy.models import ChecklistItem
from tests.cases.adminpages import LIST
from tests.cases.life import Cast, Life, everything

pytestmark = pytest.mark.django_db

BULK = f"{LIST}bulk/"
SignIn = Callable[..., Client]


def ticked(cases: Sequence[Case]) -> list[str]:
    return [bulk.row_value(case.pk, verbs.fingerprint(case)) for case in cases]


def send(client: Client, verb: str, rows: Sequence[str], **form: Any) -> HttpResponse:
    return client.post(BULK, {"verb": verb, "row": rows, "step": "do", "back": "queue=inbox", **form})


def outcomes(response: HttpResponse) -> tuple[list[str], dict[str, str]]:
    """The numbers of those done, and the refusals by number."""
    assert response.status_code == 200
    done, refused = response.context["done"], response.context["refused"]
    return [each.case.number for each in done], {each.case.number: each.refusal for each in refused}


# --- one refused row stops no other -----------------------------------------------------------------------------------


def test_what_can_be_accepted_is_accepted_and_the_rest_says_why_not(cast: Cast, life: Life, as_user: SignIn) -> None:
    first, taken, last = life.escalated(), life.escalated(), life.escalated()
    rows = ticked([first, taken, last])
    life.do("accept", taken, by=cast.kobayashi)
    client = as_user(cast.lead)

    response = send(client, "accept", rows)

    done, refused = outcomes(response)
    assert done == [first.number, last.number]
    assert refused == {
        taken.number: f"Meanwhile {taken.number} has moved on: it is In progress at Support leaders, owner: 翔太 小林. "
        "Please look again before you decide."
    }
    owners = dict(Case.objects.values_list("number", "owner__username"))
    assert owners == {first.number: "lead", last.number: "lead", taken.number: "kobayashi"}
    assert life.journal(first)[-1] == ("lead", "accept", "ESCALATED", "IN_PROGRESS")
    assert [step[1] for step in life.journal(taken)].count("accept") == 1


def test_the_refused_can_be_tried_again_as_they_now_are(cast: Cast, life: Life, as_user: SignIn) -> None:
    case = life.in_progress()
    rows = ticked([case])
    moved = life.do("hand_over", case, by=cast.responder, owner=cast.lead)
    client = as_user(cast.lead)
    form = {"owner": _colleague(cast, "support-leaders", "kobayashi"), "reason": "交代する。"}

    response = send(client, "hand_over", rows, **form)
    again = [each.value for each in response.context["refused"]]
    shown = client.post(BULK, {"verb": "hand_over", "row": again, **dict(response.context["typed"])})
    done = send(client, "hand_over", again, **form)

    assert again == ticked([moved]) != rows
    assert shown.context["form"]["reason"].value() == "交代する。"  # nothing is typed twice
    assert shown.context["form"]["owner"].value() == form["owner"]
    assert outcomes(done) == ([case.number], {})
    assert Case.objects.get(pk=case.pk).owner == cast.kobayashi


def test_each_case_is_decided_by_its_own_rules(cast: Cast, life: Life, as_user: SignIn) -> None:
    waiting, mine, colleagues = (
        life.escalated(),
        life.do("accept", life.escalated(), by=cast.kobayashi),
        life.in_progress(),
    )
    client = as_user(cast.kobayashi)

    response = send(
        client, "escalate", ticked([waiting, mine, colleagues]),
        kind="HIERARCHICAL", reason="部長の判断が要る。", checklist=_checklist(),
    )  # fmt: skip

    done, refused = outcomes(response)
    assert done == [waiting.number, mine.number]
    assert set(refused) == {colleagues.number}
    assert "open to the owner" in refused[colleagues.number]
    ranks = dict(Case.objects.values_list("number", "level__rank"))
    assert ranks == {waiting.number: 3, mine.number: 3, colleagues.number: 2}


def test_the_form_asks_for_exactly_what_the_verb_demands(cast: Cast, life: Life, as_user: SignIn) -> None:
    rows, client = ticked([life.in_progress(), life.in_progress()]), as_user(cast.lead)

    def fields(verb: str) -> list[str]:
        response = client.post(BULK, {"verb": verb, "row": rows})
        return [field.name for field in response.context["form"].visible_fields()]

    before = everything(but=[User])
    assert fields("accept") == []
    assert fields("hand_over") == ["owner", "reason"]
    assert fields("escalate") == ["kind", "reason", "team", "skip_reason", "checklist"]
    assert fields("note")[:2] == ["text", "visibility"]
    assert everything(but=[User]) == before  # to be asked changes nothing


def test_a_form_that_is_not_complete_comes_back_with_all_that_was_typed(
    cast: Cast, life: Life, as_user: SignIn
) -> None:
    case = life.in_progress()
    client = as_user(cast.lead)
    before = everything(but=[User])

    response = send(client, "escalate", ticked([case]), kind="HIERARCHICAL", reason="判断が要る。")

    form = response.context["form"]
    assert list(form.errors) == ["checklist"]
    assert form["reason"].value() == "判断が要る。"
    assert [row.value for row in response.context["rows"]] == ticked([case])
    assert everything(but=[User]) == before


def test_a_colleague_of_the_wrong_level_takes_only_what_is_theirs(cast: Cast, life: Life, as_user: SignIn) -> None:
    at_the_desk, second_line = life.received(), life.in_progress()

    response = send(
        as_user(cast.lead), "hand_over", ticked([at_the_desk, second_line]),
        owner=_colleague(cast, "support-leaders", "kobayashi"), reason="担当替え",
    )  # fmt: skip

    assert outcomes(response) == ([second_line.number], {at_the_desk.number: "Support leaders is on another level."})


def test_a_note_is_welcome_wherever_the_case_has_moved(cast: Cast, life: Life, as_user: SignIn) -> None:
    case, reviewed = life.escalated(), life.reviewed()
    rows = ticked([case, reviewed])
    life.do("accept", case, by=cast.lead)

    response = send(as_user(cast.lead), "note", rows, text="経理に確認中。", visibility="INTERNAL")

    done, refused = outcomes(response)
    assert (done, list(refused)) == ([case.number], [reviewed.number])
    assert Update.objects.filter(text="経理に確認中。").count() == 1


# --- doors ------------------------------------------------------------------------------------------------------------


def test_foreign_cases_are_left_out_without_a_word_about_them(cast: Cast, life: Life, as_user: SignIn) -> None:
    ours = life.escalated()
    foreign = life.receive(by=cast.shop, team=cast.team("sales-desk"), subject="秘密の商談")

    response = send(as_user(cast.lead), "accept", [*ticked([foreign, ours]), "999999:ESCALATED.1.0.1.0"])

    html = response.content.decode()
    assert outcomes(response) == ([ours.number], {})
    assert "2 of the ticked cases are not open to you and are left out." in html
    assert foreign.number not in html
    assert foreign.subject not in html


@pytest.mark.parametrize("who", ["auditor", "policy"])
def test_who_may_not_is_refused_row_by_row(who: str, cast: Cast, life: Life, as_user: SignIn) -> None:
    rows = ticked([life.escalated(), life.escalated()])
    client = as_user(getattr(cast, who))
    before = everything(but=[User])

    for verb, form in (("accept", {}), ("note", {"text": "x", "visibility": "INTERNAL"})):
        response = send(client, verb, rows, **form)
        if response.status_code == 200:  # the auditor sees them; to the policy owner they are not there
            done, refused = outcomes(response)
            assert (done, len(refused)) == ([], 2)
    assert everything(but=[User]) == before


def test_operators_and_strangers_stay_outside(cast: Cast, life: Life, as_user: SignIn, client: Client) -> None:
    rows = ticked([life.escalated()])

    assert send(as_user(cast.operator), "accept", rows).status_code == 302
    assert send(client, "accept", rows).status_code == 302
    assert Case.objects.get().state == "ESCALATED"


def test_only_a_post_with_its_token_gets_in(cast: Cast, life: Life, as_user: SignIn) -> None:
    rows = ticked([life.escalated()])

    assert as_user(cast.lead).get(BULK, {"verb": "accept", "row": rows, "step": "do"}).status_code == 405
    assert send(as_user(cast.lead, checks_csrf=True), "accept", rows).status_code == 403
    assert Case.objects.get().state == "ESCALATED"


@pytest.mark.parametrize(
    ("verb", "rows", "sentence"),
    [
        ("accept", [], "Please tick at least one case first."),
        ("accept", ["1", "x:y", "1:<b>", "9999999999999999999999:R"], "Please tick at least one case first."),
        ("accept", ["4242:ESCALATED.1.0.1.0"], "None of these cases is open to you any more."),
        ("resolve", ["1:RECEIVED.1.0.0.0"], "Please choose what is to be done with the cases."),
        ("", ["1:RECEIVED.1.0.0.0"], "Please choose what is to be done with the cases."),
        (
            "accept",
            [f"{pk}:R" for pk in range(1, 102)],
            "At most 100 cases can be worked on at once; you ticked 101. Please tick fewer.",
        ),
    ],
)
def test_what_cannot_be_done_says_so_on_the_list(
    verb: str, rows: list[str], sentence: str, cast: Cast, as_user: SignIn
) -> None:
    client = as_user(cast.lead)

    response = send(client, verb, rows)

    assert (response.status_code, response["Location"]) == (302, f"{LIST}?queue=inbox")
    assert sentence in client.get(response["Location"]).content.decode()


@pytest.mark.parametrize("back", ["https://evil.example/", "queue=inbox&next=//evil.example", "javascript:alert(1)"])
def test_the_way_back_is_the_list_and_nothing_else(back: str, cast: Cast, as_user: SignIn) -> None:
    response = as_user(cast.lead).post(BULK, {"verb": "accept", "back": back})

    assert response["Location"] in (f"{LIST}?queue=inbox", f"{LIST}?queue=open")


# --- how cheaply ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "who"), [("accept", "lead"), ("note", "lead"), ("escalate", "manager"), ("hand_over", "lead")]
)
def test_thirty_rows_need_as_many_statements_as_three(
    verb: str, who: str, cast: Cast, life: Life, as_user: SignIn
) -> None:
    client = as_user(getattr(cast, who))
    form: dict[str, Any] = {
        "accept": {},
        "note": {"text": "経理に確認中。", "visibility": "INTERNAL"},
        "escalate": {"kind": "HIERARCHICAL", "reason": "判断。", "checklist": _checklist()},
        "hand_over": {"owner": _colleague(cast, "support-leaders", "kobayashi"), "reason": "交代。"},
    }[verb]
    build = life.in_progress if verb == "hand_over" else life.escalated

    def count(rows: int) -> int:
        values = ticked([build() for _ in range(rows)])
        with CaptureQueriesContext(connection) as captured:
            response = send(client, verb, values, **form)
        assert len(outcomes(response)[0]) == rows
        return len(captured)

    count(1)  # what is kept from the first time on
    few, many = count(3), count(30)

    assert many == few
    assert many <= 40


def _colleague(cast: Cast, team: str, username: str) -> str:
    return f"{cast.team(team).pk}-{getattr(cast, username).pk}"


def _checklist() -> list[int]:
    """Ticked: what is asked before an escalation of any kind of case."""
    return list(ChecklistItem.objects.filter(verb="ESCALATE", category=None).values_list("pk", flat=True))
