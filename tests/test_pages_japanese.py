"""Every page of the admin's models in Japanese: no text that is not translated, no stored code, no Python in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.test import Client
from django.utils import translation

from tests.cases.conftest import cast, life  # noqa: F401 - fixtures
from tests.permissions.conftest import Stage, places, stage  # noqa: F401 - fixtures

# Said so in Japanese, too.
SAME = frozenset({"URL", "CSV", "Excel", "JSON Lines", "ID", "OK", "Esc", "Enter"})
# The system's own users are listed with the names that they have in the database.
MEANT = {"/admin/people/user/": {"CLOCK", "IMPORT"}}
NOT_TEXT = re.compile(
    r"<(script|style|svg|textarea)\b.*?</\1>|<!--.*?-->|<span[^>]*material-symbols-outlined[^>]*>.*?</span>", re.DOTALL
)
PYTHON = re.compile(r"\b(?:None|True|False)\b|\b\d+ days?\b")


def codes() -> set[str]:
    """What choices are stored as; those of which a reader sees that it is a code."""
    fields: Iterator[Any] = (field for model in apps.get_models() for field in model._meta.concrete_fields)
    stored = {str(value) for field in fields if not field.is_relation for value, _label in field.flatchoices or ()}
    return {value for value in stored if re.fullmatch(r"[A-Z][A-Z_]{3,}", value)}


def addresses() -> Iterator[str]:
    for model, its_admin in admin.site._registry.items():
        home = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield from (home, f"{home}add/")
        row: models.Model | None = model._base_manager.order_by("pk").first()
        if row is not None:
            pages = ["change", "delete", *(["history"] if hasattr(its_admin, "history_view") else [])]
            yield from (f"{home}{row.pk}/{page}/" for page in pages)


@pytest.fixture
def untranslated(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Fills with every text that was asked for and is not there in Japanese."""
    found: set[str] = set()

    def spy(name: str, place: int) -> None:
        original: Callable[..., str] = getattr(translation._trans, name)  # type: ignore[attr-defined]

        def ask(*args: Any) -> str:
            answer = original(*args)
            words = re.sub(r"%\(\w+\)[sd]|\{\w*\}|%[sd]", "", str(args[place]))
            is_same = str(answer) in map(str, args[place : place + 2]) and bool(re.search(r"[A-Za-z]{3}", words))
            if is_same and translation.get_language() == "ja" and str(args[place]) not in SAME:
                found.add(str(args[place]))
            return answer

        monkeypatch.setattr(translation._trans, name, ask)  # type: ignore[attr-defined]

    for name, place in (("gettext", 0), ("pgettext", 1), ("ngettext", 0), ("npgettext", 1)):
        spy(name, place)
    return found


def test_no_page_of_a_model_speaks_english_in_japanese(
    stage: Stage,  # noqa: F811
    places: dict[str, object],  # noqa: F811
    untranslated: set[str],
) -> None:
    client = Client(headers={"accept-language": "ja"})
    client.force_login(stage.cast.admin)
    client.cookies["django_language"] = "ja"
    known, wrong, opened = codes(), {}, 0
    for address in addresses():
        response = client.get(address)
        if response.status_code != 200 or response.streaming:
            continue
        opened += 1
        texts = [unescape(text) for text in re.findall(r">([^<]+)<", NOT_TEXT.sub("", response.text))]
        found = {word for text in texts for word in [*re.findall(r"\b[A-Z_]{4,}\b", text), *PYTHON.findall(text)]}
        if found := {word for word in found if word in known or PYTHON.fullmatch(word)}:
            wrong[address] = found
    assert wrong == MEANT
    assert untranslated == set()
    assert opened > 60
