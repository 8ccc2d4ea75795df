"""The list of cases: tabs and counts, order, pages by key; what each shows to whom, and how cheaply."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from apps.cases import clock
from apps.cases.admin import paging, queues
from apps.cases.models import Case
from apps.people.models import User
from tests.cases.adminpages import LIST, complaints, numbers, statements
from tests.cases.life import Cast, Life, everything

pytestmark = pytest.mark.django_db

SignIn = Callable[..., Client]


def tabs(client: Client) -> dict[str, str]:
    return {tab.queue.name: tab.count for tab in client.get(LIST).context["queue_tabs"]}


# --- tabs -------------------------------------------------------------------------------------------------------------


def test_tabs_hold_what_they_say_and_count_it(cast: Cast, life: Life, as_user: SignIn) -> None:
    waiting, mine, reviewed = life.escalated(), life.do("accept", life.escalated(), by=cast.lead), life.reviewed()
    resolved = life.resolved()
    held = life.do("hold", life.in_progress(), by=cast.responder)
    client = as_user(cast.lead)

    found = {name: set(numbers(client, queue=name)) for name in queues.QUEUES}

    everyone = {each.number for each in (waiting, mine, reviewed, resolved, held)}
    still_open = {waiting.number, mine.number, held.number}
    assert found["inbox"] == {waiting.number}
    assert found["mine"] == {mine.number}
    assert found["teams"] == found["open"] == still_open
    assert found["held"] == {held.number}
    assert found["review"] == {resolved.number}
    assert found["all"] == everyone
    assert set(numbers(client)) == still_open  # the list without a name
    assert tabs(client) == {name: str(len(rows)) for name, rows in found.items()}


def test_overdue_is_what_was_missed_and_not_made_good_since(cast: Cast, life: Life, as_user: SignIn) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    late = life.receive(by=cast.operator, now=long_ago, subject="Late")
    late = life.do("escalate", late, by=cast.operator, now=long_ago + timedelta(minutes=1))
    in_time = life.receive(by=cast.operator, now=timezone.now(), subject="In time")
    life.do("escalate", in_time, by=cast.operator, now=timezone.now())
    client = as_user(cast.lead)

    assert numbers(client, queue="overdue") == [late.number]  # due, and not swept yet
    clock.sweep(timezone.now())
    assert numbers(client, queue="overdue") == [late.number]  # swept: the rung was missed, and still nobody has it
    assert "overdue" in client.get(LIST, {"queue": "overdue"}).content.decode()
    life.do("accept", late, by=cast.lead, now=timezone.now())
    assert numbers(client, queue="overdue") == []


def test_counts_end_where_a_number_says_no_more_than_many(
    cast: Cast, life: Life, as_user: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "MOST_COUNTED", 2)
    client = as_user(cast.lead)

    for shown in ("1", "2", "2+", "2+"):
        life.escalated()
        assert tabs(client)["inbox"] == shown


def test_an_empty_tab_says_what_it_is_and_where_to_go(cast: Cast, life: Life, as_user: SignIn) -> None:
    client = as_user(cast.lead)

    for name, queue in queues.QUEUES.items():
        html = client.get(LIST, {"queue": name}).content.decode()
        assert str(queue.empty) in html
        assert "<table" not in html


# --- rows -------------------------------------------------------------------------------------------------------------


def test_a_row_says_all_that_one_needs_to_know(cast: Cast, life: Life, as_user: SignIn) -> None:
    now = timezone.now()
    case = life.receive(by=cast.operator, now=now - timedelta(minutes=10), subject="決済が止まる", urgency="CRITICAL")
    case = life.do("escalate", case, by=cast.operator, now=now - timedelta(minutes=9))

    html = unescape(as_user(cast.lead).get(LIST, {"queue": "inbox"}).content.decode())

    row = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index("<tbody") : html.index("</tbody")]))
    for words in (
        case.number,
        "決済が止まる",
        "Escalated",
        case.get_priority_display(),
        "Second line and leads",
        "Support leaders",
        "nobody yet",
        "Acceptance",
        "next",
        "the team's Lead is told",
        "10 min",
        "Accept",
    ):
        assert words in row, words  # fmt: skip
    assert re.search(r"\d+ min (left|overdue)", row)


def test_sorted_by_urgency_unless_asked_otherwise(cast: Cast, life: Life, as_user: SignIn) -> None:
    now = timezone.now()
    slow = life.receive(by=cast.operator, now=now - timedelta(hours=3), urgency="LOW", subject="い")
    fast = life.receive(
        by=cast.operator, now=now - timedelta(minutes=1), impact="ALL", urgency="CRITICAL", subject="ろ"
    )
    client = as_user(cast.lead)

    assert numbers(client) == [fast.number, slow.number]
    assert numbers(client, o="-deadline") == [slow.number, fast.number]
    assert numbers(client, o="number") == [slow.number, fast.number]
    assert numbers(client, o="-subject") == [fast.number, slow.number]
    assert numbers(client, o="priority") == [fast.number, slow.number]
    assert numbers(client, o="age") == [fast.number, slow.number]
    assert numbers(client, o="-age") == [slow.number, fast.number]


def test_a_heading_sorts_turns_and_lets_go(cast: Cast, life: Life, as_user: SignIn) -> None:
    life.received()
    client = as_user(cast.lead)

    def heading(**asked: str) -> tuple[str, str]:
        sorter = client.get(LIST, asked).context["headings"][3][0]
        return sorter.direction, sorter.query

    assert heading() == ("", "queue=open&o=owner")
    assert heading(o="owner") == ("ascending", "queue=open&o=-owner")
    assert heading(o="-owner") == ("descending", "queue=open")
    assert 'aria-sort="ascending"' in client.get(LIST, {"o": "owner"}).content.decode()


@pytest.mark.parametrize("order", [*paging.COLUMNS, *(f"-{column}" for column in paging.COLUMNS)])
def test_every_order_pages_through_each_case_once_and_back(
    order: str, cast: Cast, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [life.received(subject="同じ"), life.in_progress(), life.escalated(), life.reviewed(), life.received()]
    life.do("hold", cases[1], by=cast.responder)
    rows = queues.with_urgency(queues.visible(cast.auditor))
    keys = paging.keys_of(order, paging.URGENCY)
    whole = [case.pk for case in paging.read_page(rows, keys).rows]

    pages = [paging.read_page(rows, keys, size=2)]
    while pages[-1].after:
        pages.append(paging.read_page(rows, keys, after=pages[-1].after, size=2))
    back = paging.read_page(rows, keys, before=pages[-1].before, size=2)

    assert sorted(whole) == sorted(case.pk for case in cases)
    assert [[case.pk for case in page.rows] for page in pages] == [whole[:2], whole[2:4], whole[4:]]
    assert [case.pk for case in back.rows] == whole[2:4]
    assert (pages[0].before, pages[-1].after) == ("", "")
    first = paging.read_page(rows, keys, before=back.before, size=2)
    assert ([case.pk for case in first.rows], first.before) == (whole[:2], "")


def test_what_comes_in_meanwhile_moves_no_row_to_another_page(
    cast: Cast, life: Life, as_user: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging.read_page, "__kwdefaults__", {"after": "", "before": "", "size": 2})
    cases = [life.received().number for _ in range(4)]
    client = as_user(cast.lead)
    first = client.get(LIST, {"queue": "all"})
    life.received()

    second = client.get(f"{LIST}?{first.context['after']}")

    assert [row.case.number for row in first.context["rows"]] == cases[:1:-1]
    assert [row.case.number for row in second.context["rows"]] == cases[1::-1]
    assert second.context["after"] == ""
    assert second.context["before"]


@pytest.mark.parametrize(
    "cursor", ["x", "bnVsbA", "WzFd", "W251bGwsIDEsIDIsIDNd", "\0", "é" * 9, "WyI5OTk5OS0wMS0wMSIsICIiLCAiIiwgMV0"]
)
@pytest.mark.parametrize("way", ["after", "before"])
def test_a_place_that_is_none_is_the_beginning(way: str, cursor: str, cast: Cast, life: Life, as_user: SignIn) -> None:
    case, client = life.received(), as_user(cast.lead)

    assert numbers(client, **{way: cursor}) == [case.number]
    assert complaints(client, **{way: cursor}) == ["That place in the list was not found; you see its beginning."]


# --- whom it shows what, and how cheaply ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["lead", "manager", "auditor", "admin"])
def test_the_list_needs_the_same_few_statements_however_many_rows(
    who: str, cast: Cast, life: Life, as_user: SignIn
) -> None:
    client = as_user(getattr(cast, who))
    owner = cast.responder.pk
    team = cast.team("support-leaders")
    everything_asked = f"&q=請求書&state=ESCALATED&team={team.pk}&level={team.level_id}&owner=none&owner={owner}&o=age"
    paths = [f"{LIST}?queue={name}" for name in queues.QUEUES]
    paths += [f"{LIST}?queue=all{everything_asked}", f"{LIST}?queue=all&dialog=filters"]
    for _ in range(5):
        life.escalated()
    few = [statements(client, path) for path in paths]
    for _ in range(23):
        life.escalated()
        life.in_progress()

    many = [statements(client, path) for path in paths]

    assert max(many) <= 10
    assert sum(many) <= sum(few) + len(paths)  # tabs that were empty had no clocks to read
    assert len(numbers(client, queue="all")) == 50


def test_everybody_sees_only_their_cases_and_counts_them(cast: Cast, life: Life, as_user: SignIn) -> None:
    ours, secret = life.escalated(), life.escalated(confidential=True)
    foreign = life.receive(by=cast.shop, team=cast.team("sales-desk"))

    def seen(who: User) -> tuple[set[str], str]:
        client = as_user(who)
        return set(numbers(client, queue="all")), tabs(client)["all"]

    assert seen(cast.lead) == ({ours.number, secret.number}, "2")
    assert seen(cast.manager) == ({ours.number}, "1")
    assert seen(cast.salesmanager) == ({ours.number, foreign.number}, "2")  # sits with the managers of support too
    assert seen(cast.auditor) == ({ours.number, secret.number, foreign.number}, "3")
    assert seen(cast.policy) == (set(), "0")


def test_who_only_reads_is_offered_no_verb(cast: Cast, life: Life, as_user: SignIn) -> None:
    life.escalated()

    html = as_user(cast.auditor).get(LIST).content.decode()

    assert "<tbody" in html
    assert 'name="verb"' not in html
    assert 'class="ek-pick"' not in html
    assert "ek-accept" not in html


def test_the_list_changes_nothing(cast: Cast, life: Life, as_user: SignIn) -> None:
    life.escalated()
    client = as_user(cast.lead)
    before = everything(but=[User])

    for name in queues.QUEUES:
        client.get(LIST, {"queue": name, "q": "請求書"})
    assert client.post(LIST, {"action": "delete_selected"}).status_code == 405
    assert everything(but=[User]) == before
    assert Case.objects.count() == 1
