"""An auditor changes nothing, whatever is sent wherever; and nobody writes history back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern
from simple_history.admin import SimpleHistoryAdmin

from apps.audit.models import Verification
from apps.cases.models import CannedReply, Retention
from apps.desk.models import LastLook
from apps.people.middleware import OWN
from apps.people.models import Membership, Role
from tests.cases.life import NOW, Cast, Life, everything

AsUser = Callable[..., Client]
METHODS = ("post", "put", "patch", "delete")
PUBLIC = frozenset({"healthz", "confirm", "manifest", "service_worker", "offline"})  # for everybody, signed in or not


def addresses(resolver: URLResolver, prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(name with its namespace, address) of every page there is; what an address takes is filled in with a 1."""
    for each in resolver.url_patterns:
        route = prefix + _filled(each)
        if isinstance(each, URLResolver):
            yield from addresses(each, route, (*names, each.namespace) if each.namespace else names)
        elif isinstance(each, URLPattern) and each.name:
            yield ":".join((*names, each.name)), "/" + route


def _filled(pattern: URLPattern | URLResolver) -> str:
    """The pattern as an address."""
    text = str(pattern.pattern)
    if isinstance(pattern.pattern, RegexPattern):
        text = text.replace(r"(?P<pk>\d+)", "1").lstrip("^").rstrip("$")
        if "(?P<verb>" in text:
            text = text[: text.index("(?P<verb>")] + "note/"
        if "(?P<app_label>" in text:
            text = "cases/"
        return text.replace("(?P<url>.*)", "nonsense")
    text = text.replace("<uuid:pk>", "6f0c6b3e-7d0f-4f0b-8a55-0d8f6a5f3c11")
    for converter in ("path:", "str:", "int:", "slug:", "uuid:", "case_number:"):
        text = text.replace(f"<{converter}", "<")
    while "<" in text:
        start, end = text.index("<"), text.index(">")
        filling = "ESC-2026-000001" if text[start:end] == "<number" else "1"
        text = text[:start] + filling + text[end + 1 :]
    return text


EVERY_ADDRESS = sorted(set(addresses(get_resolver())))


def test_the_list_of_addresses_is_complete() -> None:
    found = {name for name, _address in EVERY_ADDRESS}

    models = admin.site._registry
    assert {f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist" for m in models} <= found
    assert {"admin:cases_case_verb", "admin:audit_entry_story", "report", "verb"} <= found
    assert OWN - {"admin:cases_case_show", "case_show"} <= found
    assert len(found) > 80


@pytest.mark.django_db
def test_an_auditor_is_refused_whatever_is_sent_wherever(cast: Cast, life: Life, as_user: AsUser) -> None:
    life.in_progress()
    client = as_user(cast.auditor)
    before = everything()

    passed = [
        (method, name, address)
        for name, address in EVERY_ADDRESS
        if name not in OWN | PUBLIC
        for method in METHODS
        if getattr(client, method)(address, {"_save": "1", "action": "delete_selected"}).status_code not in (403, 405)
    ]

    assert passed == []
    assert everything() == before


@pytest.mark.django_db
def test_what_an_auditor_may_send_changes_nothing_of_others(cast: Cast, life: Life, as_user: AsUser) -> None:
    life.in_progress()
    client = as_user(cast.auditor)
    own = [LastLook, Verification]  # what they looked at, what they had verified
    before = everything(but=own)

    for name, address in EVERY_ADDRESS:
        if name in OWN and "log" not in name:
            client.post(address, {})

    assert everything(but=own) == before


@pytest.mark.django_db
def test_an_auditor_who_also_works_works(cast: Cast, life: Life, as_user: AsUser) -> None:
    case = life.escalated()
    Membership.objects.create(user=cast.auditor, team=cast.team("support-leaders"), role=Role.RESPONDER)

    answer = as_user(cast.auditor).post(f"/admin/cases/case/{case.pk}/accept/", {"seen": ""})

    assert answer.status_code != 403


def _with_history() -> list[type[Model]]:
    return [model for model, each in admin.site._registry.items() if isinstance(each, SimpleHistoryAdmin)]


@pytest.mark.django_db
@pytest.mark.parametrize("model", _with_history(), ids=lambda model: model._meta.label_lower)
@pytest.mark.parametrize("who", ["auditor", "admin"])
def test_nobody_writes_history_back(model: type[Model], who: str, cast: Cast, life: Life, as_user: AsUser) -> None:
    life.in_progress()
    row = model._default_manager.order_by("pk").first()
    if row is None:  # the stage has none yet
        row = model._default_manager.create(**_first(model, cast))
    elif model._meta.label_lower != "cases.case":
        row.save()
    version = row.history.first().pk
    client, before = as_user(getattr(cast, who)), everything()
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{row.pk}/history/{version}/"

    assert [getattr(client, method)(address, {"_save": "1"}).status_code for method in METHODS] in (
        [405] * 4, [403] * 4,
    )  # fmt: skip
    assert everything() == before


def _first(model: type[Model], cast: Cast) -> dict[str, object]:
    if model is CannedReply:
        return {"title": "お詫び", "text": "お待たせしております。"}
    if model is Retention:
        return {"of": "CASES", "days": 365}
    times = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=8)}
    return {"user": cast.responder, "team": cast.team("support-leaders"), **times}
