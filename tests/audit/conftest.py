"""A short journal: two departments made and changed, one entry without a history row, one of another table; who reads it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation

from apps.audit import trail
from apps.audit.models import Seal, Source
from apps.people.models import Department, Skill
from tests.cases.conftest import as_user, cast, life
from tests.cases.life import Cast

__all__ = ["as_user", "auditor", "cast", "english", "journal", "life", "sealed", "subject", "support", "systems"]

NOW = datetime(2026, 4, 1, 9, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def support(db: None) -> Department:
    """Three entries: created, renamed, renamed."""
    department = Department.objects.create(code="support", name="カスタマーサポート部")
    for name in ("サポート部", "お客様サポート部"):
        department.name = name
        department.save()
    return department


@pytest.fixture
def systems(support: Department) -> Department:
    """Two entries: created, given an English name."""
    department = Department.objects.create(code="systems", name="情報システム部", parent=support)
    department.name_en = "Information systems"
    department.save()
    return department


@pytest.fixture
def journal(support: Department, systems: Department) -> None:
    """Seven entries in four chains."""
    Skill.objects.create(code="refund", name="返金")
    note = trail.NewEntry(
        subject="cases.case:42",
        at=NOW,
        actor="",
        source=Source.LINK,
        action="confirm",
        from_state="RESOLVED",
        to_state="RESOLVED",
        reason="解決しました",
        details={"satisfaction": 5},
    )
    with transaction.atomic():
        trail.append([note])


@pytest.fixture
def auditor(cast: Cast) -> Client:
    """Reads Japanese, as the house does."""
    client = Client()
    client.force_login(cast.auditor)
    return client


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def subject(support: Department) -> str:
    """The chain that is tampered with."""
    return trail.subject_of(support)


@pytest.fixture
def sealed(journal: None) -> Seal:
    """A seal over the whole journal."""
    seal = trail.seal(timezone.now())
    assert seal is not None
    return seal
