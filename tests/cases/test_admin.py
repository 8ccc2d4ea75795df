"""The admin of cases: what each page shows to whom, in how many statements, and the one door for changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from apps.cases import clock
from apps.cases.models import Case, Deadline, State
from apps.cases.templatetags import case_words
from apps.people.models import User
from tests.cases.life import NOW, Cast, Life, everything

pytestmark = pytest.mark.django_db

LIST = "/admin/cases/case/"


@pytest.fixture
def as_user() -> Callable[..., Client]:
    """Signed in, reading English."""

    def sign_in(user: User, *, checks_csrf: bool = False) -> Client:
        client = Client(enforce_csrf_checks=checks_csrf, headers={"accept-language": "en"})
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    return sign_in


# Signing in is written down with the user: `everything(but=[User])` is all that a verb could have changed.


def page_of(case: Case) -> str:
    return f"{LIST}{case.pk}/change/"


def door(case: Case, verb: str) -> str:
    return f"{LIST}{case.pk}/{verb}/"


def offered(html: str) -> list[str]:
    return re.findall(r'data-dialog="dialog-(\w+)"', html)


def open_dialogs(html: str) -> list[str]:
    return re.findall(r'<dialog id="dialog-(\w+)"[^>]* open>', html)


def statements(client: Client, path: str) -> int:
    client.get(path)  # policy versions and content types are kept from the first time on
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


# --- the first page ---------------------------------------------------------------------------------------------------


def test_first_page_shows_what_waits_with_counts(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    waiting = [life.escalated() for _ in range(6)]
    mine = life.do("accept", life.escalated(), by=cast.lead)

    response = as_user(cast.lead).get("/admin/")

    boxes = {box.queue.name: (box.total, [case.pk for case, _badge in box.rows]) for box in response.context["boxes"]}
    assert boxes["inbox"][0] == 6
    assert len(boxes["inbox"][1]) == 5
    assert set(boxes["inbox"][1]) < {case.pk for case in waiting}
    assert boxes["mine"] == (1, [mine.pk])


def test_first_page_says_how_the_clock_is(cast: Cast, as_user: Callable[..., Client]) -> None:
    client = as_user(cast.lead)
    assert "The clock has never been swept." in client.get("/admin/").content.decode()

    now = timezone.now()
    clock.record(clock.Swept(lateness=timedelta(seconds=12)), now)

    html = client.get("/admin/").content.decode()
    assert "The clock runs on time" in html
    assert "12 s" in html


def test_first_page_needs_few_statements(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    for _ in range(7):
        life.escalated()
        life.do("accept", life.escalated(), by=cast.lead)

    assert statements(as_user(cast.lead), "/admin/") <= 10
    assert statements(as_user(cast.manager), "/admin/") <= 12


# --- the list ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["lead", "manager", "auditor", "admin"])
def test_list_needs_the_same_few_statements_however_many_rows(
    who: str, cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    client = as_user(getattr(cast, who))
    life.escalated()
    few = statements(client, LIST)
    for _ in range(12):
        life.escalated()
        life.in_progress()

    many = statements(client, LIST)

    assert many <= 12
    assert many <= few + 1  # the policy version's rulebook is read once a process
    assert client.get(LIST).context["cl"].result_count == 25


def test_queues_hold_what_they_say(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    waiting, mine, reviewed = life.escalated(), life.do("accept", life.escalated(), by=cast.lead), life.reviewed()
    client = as_user(cast.lead)

    def numbers(queue: str) -> set[str]:
        return {case.number for case in client.get(f"{LIST}?queue={queue}").context["cl"].result_list}

    assert numbers("inbox") == {waiting.number}
    assert numbers("mine") == {mine.number}
    assert numbers("open") == {waiting.number, mine.number}
    assert numbers("all") == numbers("") == {waiting.number, mine.number, reviewed.number}


def test_overdue_is_what_was_missed_and_not_made_good_since(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    late = life.receive(by=cast.operator, now=long_ago, subject="Late")
    late = life.do("escalate", late, by=cast.operator, now=long_ago + timedelta(minutes=1))
    in_time = life.receive(by=cast.operator, now=timezone.now(), subject="In time")
    in_time = life.do("escalate", in_time, by=cast.operator, now=timezone.now())
    client = as_user(cast.lead)

    def overdue() -> list[str]:
        return [case.number for case in client.get(f"{LIST}?queue=overdue").context["cl"].result_list]

    assert overdue() == [late.number]  # due, and not swept yet
    clock.sweep(timezone.now())
    assert overdue() == [late.number]  # swept: the first rung was missed, and still nobody has it
    assert "overdue" in client.get(f"{LIST}?queue=overdue").content.decode()
    life.do("accept", late, by=cast.lead, now=timezone.now())
    assert overdue() == []


def test_search_finds_number_subject_and_customer(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.escalated(subject="決済が止まる", customer="株式会社青空")
    life.escalated()
    client = as_user(cast.lead)

    for term in (case.number, "決済", "青空"):
        assert [each.pk for each in client.get(LIST, {"q": term}).context["cl"].result_list] == [case.pk]


def test_nothing_can_be_added_changed_or_deleted(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.escalated(), as_user(cast.admin)
    before = everything(but=[User])

    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}add/", {"subject": "x"}).status_code == 403
    assert client.post(page_of(case), {"subject": "x"}).status_code == 405
    assert client.post(f"{LIST}{case.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(LIST, {"action": "delete_selected", "_selected_action": [case.pk]}).status_code == 405
    assert everything(but=[User]) == before


def test_operators_stay_outside(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.escalated(), as_user(cast.operator)

    for path in ("/admin/", LIST, page_of(case), f"{LIST}{case.pk}/history/"):
        assert client.get(path).status_code == 302
    assert client.post(door(case, "note"), {"text": "x", "visibility": "INTERNAL"}).status_code == 302


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "limit"), [("lead", 24), ("manager", 26), ("auditor", 20)])
def test_page_needs_few_statements(
    who: str, limit: int, cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case = life.in_progress()
    for _ in range(10):
        life.do("note", case, by=cast.responder)

    assert statements(as_user(getattr(cast, who)), page_of(case)) <= limit


def test_page_offers_the_legal_verbs_and_no_others(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.escalated()

    assert offered(as_user(cast.lead).get(page_of(case)).content.decode()) == [
        "accept", "send_back", "note", "escalate", "link",
    ]  # fmt: skip
    assert offered(as_user(cast.auditor).get(page_of(case)).content.decode()) == []


def test_page_tells_the_whole_story(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()
    life.do("note", case, by=cast.responder, text="経理に確認中。")
    life.do("hold", case, by=cast.responder)

    html = as_user(cast.lead).get(page_of(case)).content.decode()

    for words in ("請求書が二重に届く", "どちらを払えばよいのか。", "経理に確認中。", "一次対応では判断できない。"):
        assert words in html
    titles = [event.title for event in as_user(cast.lead).get(page_of(case)).context["timeline"]]
    assert [title for title in titles if not title.startswith("Mail")] == [
        "Put on hold", "Add a note", "Accept → In progress", "Escalate → Escalated", "Received",
    ]  # fmt: skip


def test_personal_data_is_shown_on_request_only(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    html = as_user(cast.lead).get(page_of(life.escalated(customer_phone="03-0000-5678"))).content.decode()

    assert '<summary>0••••••5678 <span class="ek-link">Show</span></summary>03-0000-5678</details>' in html


def test_links_name_only_cases_that_the_reader_may_see(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, other = life.in_progress(), life.received()
    secret = life.received(by=cast.shop, team=cast.team("sales-desk"), confidential=True, subject="Secret")
    for each in (other, secret):
        life.do("link", case, by=cast.responder, kind="PARENT", other=each)

    html = as_user(cast.lead).get(page_of(case)).content.decode()

    assert f"{other.number}</span> {other.subject}" in html
    assert "Secret" not in html


def test_a_foreign_case_does_not_exist(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    """Whatever the road: page, verb, history, an older version, the records."""
    case = life.received(by=cast.shop, team=cast.team("sales-desk"), department=cast.team("sales-desk").department)
    version = case.history.get().pk
    client = as_user(cast.specialist)
    before = everything(but=[User])

    for path in (page_of(case), f"{LIST}{case.pk}/history/", f"{LIST}{case.pk}/history/{version}/"):
        assert client.get(path).status_code == 404
    for verb in ("note", "accept", "escalate"):
        assert client.post(door(case, verb), {"text": "x", "visibility": "INTERNAL"}).status_code == 404
    assert client.get(LIST).context["cl"].result_count == 0
    assert client.get("/admin/cases/deadline/").context["cl"].result_count == 0
    assert client.get("/admin/cases/handoff/").context["cl"].result_count == 0
    assert everything(but=[User]) == before


def test_a_number_that_is_none_does_not_exist(cast: Cast, as_user: Callable[..., Client]) -> None:
    client = as_user(cast.lead)

    for pk in ("0", "x", "99999999999999999999"):
        assert client.get(f"{LIST}{pk}/change/").status_code == 404


# --- the door ---------------------------------------------------------------------------------------------------------


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
        assert client.post(door(case, verb), {"text": "x", "advice": "x", "reason": "x"}).status_code == 200
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


# --- the history ------------------------------------------------------------------------------------------------------


def test_history_is_to_be_read_not_reverted(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()
    version = case.history.last().pk
    before = everything(but=[User])

    for who in (cast.lead, cast.auditor, cast.admin):
        client = as_user(who)
        for path in (f"{LIST}{case.pk}/history/", f"{LIST}{case.pk}/history/{version}/"):
            assert client.get(path).status_code == 200
            for send in (client.post, client.put, client.delete, client.patch):
                assert send(path).status_code == 405
    assert everything(but=[User]) == before


def test_an_older_state_is_shown_as_it_was(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress(customer_phone="03-0000-5678")
    first = case.history.earliest("history_date").pk

    html = as_user(cast.lead).get(f"{LIST}{case.pk}/history/{first}/").content.decode()

    assert "after: Received" in html
    assert "ek-state-received" in html
    assert "<form" not in html.partition('id="content-main"')[2].partition("</main")[0].partition("ek-card")[2]
    assert as_user(cast.lead).get(f"{LIST}{case.pk}/history/999999/").status_code == 404
    assert as_user(cast.lead).get(f"{LIST}{case.pk}/history/x/").status_code == 404


def test_history_speaks_in_words(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()

    html = as_user(cast.lead).get(f"{LIST}{case.pk}/history/").content.decode()

    assert "pk=None" not in html
    assert "+00:00" not in html
    assert "IN_PROGRESS" not in html
    assert re.search(r">\s*Accept\s*<", html)


# --- clocks and hand-offs ---------------------------------------------------------------------------------------------


def test_policy_owner_sees_failing_clocks_by_number_alone(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case = life.escalated(subject="Secret", confidential=True)
    life.escalated()
    Deadline.objects.filter(case=case, state="RUNNING").update(attempts=2, error="ValueError: no ladder")
    client = as_user(cast.policy)

    response = client.get("/admin/cases/deadline/?failing=yes")

    html = response.content.decode()
    assert [row.case_id for row in response.context["cl"].result_list] == [case.pk]
    assert case.number in html
    assert "no ladder" in html
    assert "Secret" not in html
    row = response.context["cl"].result_list[0]
    detail = client.get(f"/admin/cases/deadline/{row.pk}/change/")
    assert detail.status_code == 200
    assert "Secret" not in detail.content.decode()
    assert client.get(page_of(case)).status_code == 404


@pytest.mark.parametrize("model", ["deadline", "handoff"])
def test_records_are_read_only(model: str, cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    life.in_progress()
    client = as_user(cast.admin)
    before = everything(but=[User])
    response = client.get(f"/admin/cases/{model}/")
    pk = response.context["cl"].result_list[0].pk

    assert response.status_code == 200
    assert client.get(f"/admin/cases/{model}/{pk}/change/").status_code == 200
    assert client.post(f"/admin/cases/{model}/{pk}/change/", {"state": "SETTLED"}).status_code == 403
    assert client.post(f"/admin/cases/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"/admin/cases/{model}/add/").status_code == 403
    assert everything(but=[User]) == before


# --- the sidebar ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "sees", "misses"),
    [
        ("lead", ["My inbox", "Hand-offs"], ["Policy versions", "Journal", "Members"]),
        ("manager", ["My inbox", "Members", "Messages"], ["Policy versions", "Journal"]),
        ("policy", ["Policy versions", "Levels"], ["Journal"]),
        ("auditor", ["Journal", "Seals", "Policy versions", "Members"], []),
    ],
)
def test_sidebar_holds_only_what_one_may_open(
    who: str, sees: list[str], misses: list[str], cast: Cast, as_user: Callable[..., Client]
) -> None:
    client = as_user(getattr(cast, who))
    response = client.get("/admin/")

    shown = {
        str(item["title"]): str(item.get("link_callback") or item["link"])
        for group in response.context["sidebar_navigation"]
        for item in group["items"]
        if item["has_permission"]
    }
    assert set(sees) <= set(shown)
    assert not set(misses) & set(shown)
    for link in shown.values():
        if link != "/":
            assert client.get(link).status_code == 200, link


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0.5, "1 min left"),
        (12, "12 min left"),
        (80, "1 h 20 min left"),
        (60 * 7 + 30, "7 h left"),
        (60 * 72, "3 days left"),
        (-180, "3 h overdue"),
    ],
)
def test_time_is_told_in_words(minutes: float, words: str) -> None:
    with translation.override("en"):
        assert case_words.time_left(NOW + timedelta(minutes=minutes), NOW) == words


def test_a_badge_says_what_its_colour_says(cast: Cast, life: Life) -> None:
    case = life.escalated()
    [row] = life.clocks(case).values()
    badge: Any = case_words.badge
    with translation.override("en"):
        early = badge(case, [row], row.started_at + timedelta(seconds=1))
        soon = badge(case, [row], row.due_at - timedelta(seconds=30))
        late = badge(case, [row], row.due_at + timedelta(minutes=5))
        nothing = badge(case, [], NOW)

    assert (early.tone, early.follows) == ("calm", "the team's Lead is told")
    assert (soon.tone, soon.words) == ("soon", "1 min left")
    assert (late.tone, late.words, late.clock) == ("missed", "5 min overdue", "Acceptance")
    assert (nothing.tone, nothing.words) == ("none", "No deadline")


def test_what_follows_is_known_for_every_clock(cast: Cast, life: Life) -> None:
    case = life.escalated()
    for kind in Deadline.Kind:
        for round in (1, 2):
            assert case_words.what_follows(case, Deadline(kind=kind, round=round))
    case.rung = case.rung_repeats = 9
    assert case.state == State.ESCALATED
    with translation.override("en"):
        assert case_words.what_follows(case, Deadline(kind="ACCEPTANCE")) == "it goes to level 3"
