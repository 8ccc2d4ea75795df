"""Lists that people keep: whose they are, who sees and changes them, and that nothing else is kept with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.audit.models import Entry
from apps.cases.models import SavedView
from apps.people.models import User
from tests.cases.adminpages import LIST, statements
from tests.cases.life import Cast, Life, everything

pytestmark = pytest.mark.django_db

SignIn = Callable[..., Client]


def save(client: Client, name: str = "朝の確認", query: str = "queue=inbox&priority=P1", **form: Any) -> HttpResponse:
    return client.post(f"{LIST}views/save/", {"name": name, "query": query, **form})


def change(client: Client, view: SavedView, **form: Any) -> HttpResponse:
    return client.post(f"{LIST}views/{view.pk}/", {"name": view.name, "query": "queue=all", **form})


def delete(client: Client, view: SavedView) -> HttpResponse:
    return client.post(f"{LIST}views/{view.pk}/delete/")


def shown(client: Client) -> dict[str, str]:
    """Count by name."""
    return {each.tab.view.name: each.count for each in client.get(LIST).context["view_tabs"]}


def kept() -> list[tuple[str, str, str | None, str]]:
    return list(SavedView.objects.values_list("name", "owner__username", "team__code", "query"))


def test_a_list_is_kept_under_a_name_and_replayed(cast: Cast, life: Life, as_user: SignIn) -> None:
    case = life.escalated(subject="決済が止まる", impact="ALL", urgency="CRITICAL")
    life.escalated()
    client = as_user(cast.lead)
    query = f"queue=teams&q=決済&state=ESCALATED&team={case.team_id}&o=-age"

    response = save(client, query=query)

    view = SavedView.objects.get()
    stored = f"queue=teams&q=%E6%B1%BA%E6%B8%88&state=ESCALATED&team={case.team_id}&o=-age"
    assert kept() == [("朝の確認", "lead", None, stored)]
    assert response["Location"] == f"{LIST}?{stored}&view={view.pk}"
    page = client.get(response["Location"])
    assert [row.case.number for row in page.context["rows"]] == [case.number]
    assert page.context["current_view"].view == view
    assert shown(client) == {"朝の確認": "1"}
    assert "The list “朝の確認” is kept." in page.content.decode()


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ("", "queue=open"),
        ("queue=inbox&after=abc&before=x&view=3&dialog=save", "queue=inbox"),
        ("https://evil.example/?queue=inbox", "queue=open"),
        ("queue=//evil.example&state=<script>", "queue=open"),
        ("queue=inbox&next=https://evil.example&owner__password__startswith=a", "queue=inbox"),
        ("queue=mine&q=<script>alert(1)</script>", "queue=mine&q=%3Cscript%3Ealert%281%29%3C%2Fscript%3E"),
        ("queue=mine&o=age&o=number&priority=P9", "queue=mine&o=number"),
    ],
)
def test_only_what_a_list_knows_is_kept(query: str, stored: str, cast: Cast, as_user: SignIn) -> None:
    client = as_user(cast.lead)

    save(client, query=query)

    assert SavedView.objects.get().query == stored
    html = client.get(LIST).content.decode()
    assert "evil.example" not in html
    assert "<script>alert" not in html


def test_what_was_smuggled_past_the_form_is_not_replayed(cast: Cast, as_user: SignIn) -> None:
    SavedView.objects.create(
        name="x", owner=cast.lead, query='queue=inbox&evil=1"><script>alert(1)</script>&next=https://evil.example'
    )

    html = as_user(cast.lead).get(LIST).content.decode()

    assert f"{LIST}?queue=inbox&amp;view=" in html
    assert "evil" not in html


def test_a_shared_list_shows_each_only_what_they_may_see(cast: Cast, life: Life, as_user: SignIn) -> None:
    life.escalated()
    life.received()  # at the phone desk, where the lead works too and the responder does not
    save(as_user(cast.lead), name="みんなの一覧", query="queue=all", team=cast.team("support-leaders").pk)
    save(as_user(cast.lead), name="私の一覧", query="queue=all")

    assert shown(as_user(cast.lead)) == {"みんなの一覧": "2", "私の一覧": "2"}
    assert shown(as_user(cast.responder)) == {"みんなの一覧": "1"}
    assert shown(as_user(cast.specialist)) == {}
    assert shown(as_user(cast.auditor)) == {}


def test_one_shares_with_ones_own_teams_alone(cast: Cast, as_user: SignIn) -> None:
    response = save(as_user(cast.lead), team=cast.team("technical").pk)

    assert list(response.context["save_form"].errors) == ["team"]
    assert response.context["dialog"] == "save"
    assert kept() == []


@pytest.mark.parametrize(
    ("who", "changes", "sees"),
    [("responder", True, True), ("lead", True, True), ("kobayashi", False, True), ("techlead", False, False)],
)
def test_the_owner_and_the_teams_lead_change_a_shared_list(
    who: str, changes: bool, sees: bool, cast: Cast, as_user: SignIn
) -> None:
    team = cast.team("support-leaders")
    save(as_user(cast.responder), query="queue=inbox", team=team.pk)
    view, client = SavedView.objects.get(), as_user(getattr(cast, who))
    before = everything(but=[User])

    response = change(client, view, name="改名", team=team.pk)

    if changes:
        assert kept() == [("改名", "responder", "support-leaders", "queue=inbox")]
        assert change(client, view, name="改名", team=team.pk, replaces="on").status_code == 302
        assert kept() == [("改名", "responder", "support-leaders", "queue=all")]
        assert delete(client, view).status_code == 302
        assert kept() == []
    else:
        refused = 403 if sees else 404
        assert response.status_code == delete(client, view).status_code == refused
        assert everything(but=[User]) == before
    page = client.get(f"{LIST}?view={view.pk}")
    assert page.status_code == 200


def test_a_private_list_is_nobody_elses(cast: Cast, as_user: SignIn) -> None:
    save(as_user(cast.responder))
    view, lead = SavedView.objects.get(), as_user(cast.lead)

    assert change(lead, view, name="x").status_code == 404
    assert delete(lead, view).status_code == 404
    complaints = lead.get(f"{LIST}?view={view.pk}").context["complaints"]
    assert complaints == ["That saved list is no longer there, or not shared with you."]
    assert len(kept()) == 1


def test_two_lists_of_one_name_are_refused_with_all_that_was_typed(cast: Cast, as_user: SignIn) -> None:
    client = as_user(cast.lead)
    save(client)

    response = save(client, query="queue=mine&q=返金")

    form = response.context["save_form"]
    assert form.errors == {"name": ["There is a list of this name already. Please choose another name."]}
    assert form["name"].value() == "朝の確認"
    assert response.context["criteria"].query() == "queue=mine&q=%E8%BF%94%E9%87%91"
    assert 'id="dialog-save" class="ek-dialog" aria-labelledby="dialog-save-title" open' in response.content.decode()
    assert len(kept()) == 1
    assert save(as_user(cast.responder)).status_code == 302  # the name is free for others


def test_there_is_an_end_to_lists_and_conditions(cast: Cast, as_user: SignIn) -> None:
    SavedView.objects.bulk_create(SavedView(name=f"{n}", owner=cast.lead, query="queue=all") for n in range(30))

    response = save(as_user(cast.lead))
    too_long = save(
        as_user(cast.responder), query="&".join(f"team={pk}&owner={pk}&level={pk}" for pk in range(10**8, 10**8 + 50))
    )

    assert response.context["save_form"].errors == {"name": ["You keep 30 lists already. Please delete one first."]}
    assert too_long.context["save_form"].non_field_errors() == [
        "These are too many conditions to keep. Please leave some out."
    ]
    assert SavedView.objects.count() == 30


def test_it_is_on_record_who_kept_and_deleted_it(cast: Cast, as_user: SignIn) -> None:
    client = as_user(cast.lead)
    save(client)
    view = SavedView.objects.get()
    change(client, view, name="夜の確認")
    delete(client, view)

    entries = Entry.objects.filter(subject=f"cases.savedview:{view.pk}").order_by("sequence")
    assert [(entry.actor, entry.action) for entry in entries] == [
        (f"people.user:{cast.lead.pk}", action) for action in ("created", "changed", "deleted")
    ]
    assert [row.name for row in SavedView.history.order_by("history_id")] == ["朝の確認", "夜の確認", "夜の確認"]


def test_only_posts_with_their_token_change_anything(cast: Cast, as_user: SignIn) -> None:
    save(as_user(cast.lead))
    view = SavedView.objects.get()
    plain, checked = as_user(cast.lead), as_user(cast.lead, checks_csrf=True)

    for path in ("views/save/", f"views/{view.pk}/", f"views/{view.pk}/delete/"):
        assert plain.get(f"{LIST}{path}").status_code == 405
        assert checked.post(f"{LIST}{path}", {"name": "x"}).status_code == 403
    assert save(as_user(cast.operator)).status_code == 302  # to the sign-in
    assert [name for name, *_rest in kept()] == ["朝の確認"]


def test_counts_of_many_lists_cost_no_statement_more(cast: Cast, life: Life, as_user: SignIn) -> None:
    life.escalated()
    client = as_user(cast.lead)
    without = statements(client, LIST)

    for n in range(12):
        save(client, name=f"{n}", query=f"queue=all&priority=P{n % 4 + 1}&q=請求書")

    assert statements(client, LIST) == without
