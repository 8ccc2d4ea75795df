"""The one door for changes in the admin: POST only, refusals in the dialog, nothing lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from apps.audit.models import Source
from apps.cases.models import Case
from apps.people.models import User
from tests.cases.adminpages import LIST, door, offered, open_dialogs, page_of
from tests.cases.life import NOW, Cast, Life, everything

pytestmark = pytest.mark.django_db

# Signing in is written down with the user: `everything(but=[User])` is all that a verb could have changed.


def test_accepting_is_one_post(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.escalated(), as_user(cast.responder)

    response = client.post(door(case, "accept"), follow=True)

    assert response.redirect_chain == [(page_of(case), 302)]
    assert f"Accept: done. {case.number} is now In progress." in response.content.decode()
    assert Case.objects.get(pk=case.pk).owner == cast.responder


def test_a_verb_comes_by_post_with_a_token(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.escalated()
    before = everything(but=[User])

    response = as_user(cast.responder).get(door(case, "accept"))

    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert as_user(cast.responder, checks_csrf=True).post(door(case, "accept")).status_code == 403
    assert everything(but=[User]) == before


def test_only_our_verbs_have_a_door(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.escalated(), as_user(cast.admin)

    for name in ("climb", "take_back", "remind", "alarm", "record_no_answer", "receive"):
        assert client.post(door(case, name)).status_code in (302, 404)
        assert client.post(door(case, name), follow=True).status_code == 404


def test_a_refusal_shows_the_dialog_again_with_everything_typed(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case = life.in_progress(amount=80_000)
    before = everything(but=[User])
    ticked = cast.checklist("RESOLVE")[:2]

    typed = {"outcome": "SOLVED", "resolution": "差額を返金した。", "cause": "二重計上。", "checklist": ticked}
    response = as_user(cast.responder).post(door(case, "resolve"), typed)

    html = response.content.decode()
    assert response.status_code == 200
    assert open_dialogs(html) == ["resolve"]
    assert "¥80,000 is at stake; your authority to decide ends at ¥50,000." in html
    assert "差額を返金した。" in html
    assert "二重計上。" in html
    kept = re.findall(r'<input[^>]*value="(\d+)"[^>]*id="id_resolve_checklist_\d"[^>]* checked', html)
    assert [int(pk) for pk in kept] == ticked
    assert everything(but=[User]) == before


def test_what_is_missing_is_said_in_the_dialog(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    response = as_user(cast.responder).post(door(life.escalated(), "send_back"), {"advice": "  "})

    html = response.content.decode()
    assert open_dialogs(html) == ["send_back"]
    assert "This field is required." in html


def test_a_stale_form_is_refused_with_the_reason_and_kept(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    """Two people have the page open. The second one's words are not lost, nor taken for more than they were."""
    case = life.escalated()
    life.do("accept", case, by=cast.lead)
    before = everything(but=[User])

    response = as_user(cast.responder).post(door(case, "send_back"), {"advice": "注文番号もお願いします。"})

    html = response.content.decode()
    assert f"{case.number} is In progress; in that state it cannot be done: Send back." in html
    assert "注文番号もお願いします。" in html
    assert "send_back" in open_dialogs(html)
    assert "send_back" not in offered(html)
    assert everything(but=[User]) == before


def seen_on(client: Client, case: Case) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', client.get(page_of(case)).content.decode())
    assert found is not None
    return found[1]


def meanwhile(html: str) -> list[str]:
    return re.findall(r"<li>(.*?)</li>", html.partition("ek-meanwhile")[2].partition("</ul>")[0])


def test_who_comes_late_is_told_who_did_what_meanwhile_and_may_send_it_again(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case, client = life.in_progress(), as_user(cast.responder)
    typed = {"kind": "HIERARCHICAL", "reason": "Decision.", "checklist": cast.checklist("ESCALATE")[:3]}
    seen = seen_on(client, case)
    life.do("note", case, by=cast.kobayashi, now=NOW + timedelta(minutes=5))
    life.do("hold", case, by=cast.responder, now=NOW + timedelta(minutes=7))
    before = everything(but=[User])

    html = client.post(door(case, "escalate"), typed | {"seen": seen}).content.decode()

    assert meanwhile(html) == [
        "Tue 24 Nov 10:05: 翔太 小林 did this: Add a note.", "Tue 24 Nov 10:07: you did this yourself: Put on hold.",
    ]  # fmt: skip
    assert open_dialogs(html) == ["escalate"]
    assert "Decision." in html
    assert "Escalate all the same" in html
    assert everything(but=[User]) == before

    again = re.search(r'name="seen" value="([^"]+)"', html)
    assert again is not None
    assert client.post(door(case, "escalate"), typed | {"seen": again[1]}).status_code == 302
    assert Case.objects.get(pk=case.pk).escalations == 2


def test_who_finds_the_step_taken_is_told_by_whom(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.escalated(), as_user(cast.responder)
    typed = {"advice": "注文番号もお願いします。", "seen": seen_on(client, case)}
    life.do("accept", case, by=cast.lead, now=NOW + timedelta(minutes=3))

    html = client.post(door(case, "send_back"), typed).content.decode()

    assert meanwhile(html) == ["Tue 24 Nov 10:03: 美咲 高橋 did this: Accept → In progress."]
    assert "注文番号もお願いします。" in html
    assert "send_back" not in offered(html)


def test_the_customer_is_named_too(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.resolved(), as_user(cast.lead)
    typed = {"reason": "Still wrong.", "seen": seen_on(client, case)}
    life.do("confirm", case, by=None, source=Source.LINK, now=NOW + timedelta(minutes=9))

    assert meanwhile(client.post(door(case, "reopen"), typed).content.decode()) == [
        "Tue 24 Nov 10:09: the customer did this: Confirm."
    ]


def test_notes_are_welcome_however_the_case_has_moved(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.escalated(), as_user(cast.responder)
    seen = seen_on(client, case)
    life.do("accept", case, by=cast.lead)

    response = client.post(door(case, "note"), {"text": "業者に電話した。", "visibility": "INTERNAL", "seen": seen})

    assert response.status_code == 302
    assert life.journal(case)[-1][:2] == ("responder", "note")


def test_what_changes_nothing_for_the_decision_does_not_make_a_form_stale(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case, client = life.escalated(), as_user(cast.responder)
    seen = seen_on(client, case)
    life.do("note", case, by=cast.lead)

    response = client.post(door(case, "send_back"), {"advice": "注文番号もお願いします。", "seen": seen})

    assert response.status_code == 302


def test_a_form_sent_twice_is_refused_the_second_time_and_may_be_sent_again(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case, client = life.escalated(), as_user(cast.lead)
    seen = re.search(r'name="seen" value="([^"]+)"', client.get(page_of(case)).content.decode())
    assert seen is not None
    typed = {
        "kind": "HIERARCHICAL", "reason": "Decision.", "checklist": cast.checklist("ESCALATE")[:3], "seen": seen[1],
    }  # fmt: skip

    first = client.post(door(case, "escalate"), typed)
    second = client.post(door(case, "escalate"), typed)

    assert first.status_code == 302
    assert Case.objects.get(pk=case.pk).escalations == 2
    if second.status_code == 200:
        assert "Decision." in second.content.decode()
    else:
        assert second.status_code == 404


def test_another_persons_verb_is_refused_with_who_may(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()
    before = everything(but=[User])

    html = as_user(cast.kobayashi).post(door(case, "resolve"), {"resolution": "x"}).content.decode()

    assert f"Resolve: for {case.number} this is open to the owner." in html
    assert everything(but=[User]) == before


def test_an_auditor_changes_nothing_by_any_door(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.escalated(), as_user(cast.auditor)
    before = everything(but=[User])

    for verb in ("accept", "send_back", "escalate", "note", "link", "hold", "resolve", "review"):
        assert client.post(door(case, verb), {"text": "x", "advice": "x", "reason": "x"}).status_code == 403
    assert everything(but=[User]) == before


def test_without_scripts_a_link_opens_the_dialog(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    html = as_user(cast.lead).get(page_of(life.escalated()) + "?dialog=escalate").content.decode()

    assert open_dialogs(html) == ["escalate"]
    assert 'href="?dialog=accept"' in html
    assert open_dialogs(as_user(cast.lead).get(page_of(life.escalated()) + "?dialog=nonsense").content.decode()) == []


def test_a_person_who_gives_a_case_out_of_sight_returns_to_the_list(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case = life.do("accept", life.escalated(confidential=True), by=cast.responder)
    data = {"kind": "HIERARCHICAL", "reason": "Decision.", "checklist": cast.checklist("ESCALATE")[:3]}

    response = as_user(cast.responder).post(door(case, "escalate"), data)

    assert (response.status_code, response["Location"]) == (302, LIST)
