"""The screens of a redaction, and the rehearsal of the retention periods."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from unittest.mock import Mock

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation

from apps.audit import redactions
from apps.audit.admin import redaction as pages
from apps.audit.models import Redaction
from apps.cases.models import Case, Retention
from apps.people.models import User
from tests.cases.life import NOW, Life, everything

PAGE = "/admin/audit/redaction/"
LATER = NOW + timedelta(days=400)


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "tasks", Mock())


def test_one_asks_and_another_approves(life: Life, as_user: Callable[..., Client]) -> None:
    case = life.reviewed()
    manager, policy = as_user(life.cast.manager), as_user(life.cast.policy)

    answer = manager.post(f"{PAGE}ask/", {"subjects": f"{case.number}\n", "reason": "本人からの請求"})

    row = Redaction.objects.get()
    assert answer["Location"] == f"{PAGE}{row.pk}/change/"
    page = manager.get(answer["Location"]).content.decode()
    assert "You asked for it; somebody else has to approve it." in page
    assert 'value="approve"' not in page
    manager.post(f"{PAGE}{row.pk}/decide/", {"decision": "approve"})
    assert Redaction.objects.get().state == "REQUESTED"

    assert 'value="approve"' in policy.get(answer["Location"]).content.decode()
    policy.post(f"{PAGE}{row.pk}/decide/", {"decision": "approve"})

    assert redactions.carry_out_approved(LATER) == 1
    assert "Carried out" in policy.get(answer["Location"]).content.decode()
    assert Case.objects.get(pk=case.pk).customer == "█████"


@pytest.mark.parametrize("subjects", ["ESC-1999-000001", "nobody", "policy.version:1"])
def test_what_is_unknown_is_named(life: Life, as_user: Callable[..., Client], subjects: str) -> None:
    page = as_user(life.cast.manager).post(f"{PAGE}ask/", {"subjects": subjects, "reason": "請求"}).content.decode()

    assert f"“{subjects}” is nothing that can be redacted." in page
    assert not Redaction.objects.exists()


def test_an_auditor_looks_and_changes_nothing(life: Life, as_user: Callable[..., Client]) -> None:
    case = life.reviewed()
    row = redactions.propose([f"cases.case:{case.pk}"], now=NOW, source="CLOCK", reason="期間")  # type: ignore[arg-type]
    auditor = as_user(life.cast.auditor)

    assert auditor.get(f"{PAGE}{row.pk}/change/").status_code == 200
    for decision in ("take_up", "approve", "decline"):
        auditor.post(f"{PAGE}{row.pk}/decide/", {"decision": decision})
    auditor.post(f"{PAGE}ask/", {"subjects": case.number, "reason": "x"})

    assert list(Redaction.objects.values_list("state", flat=True)) == ["PROPOSED"]


def test_nothing_happens_on_get(life: Life, as_user: Callable[..., Client]) -> None:
    manager = as_user(life.cast.manager)

    assert manager.get(f"{PAGE}ask/").status_code == 405
    assert manager.get(f"{PAGE}1/decide/").status_code == 405


# --- retention periods ------------------------------------------------------------------------------------------------


@pytest.fixture
def periods(life: Life) -> None:
    """Refunds are kept for ten years, other cases for one, members for 30 days."""
    Retention.objects.create(of="CASES", category=life.cast.category("refund"), days=3650)
    Retention.objects.create(of="CASES", days=365)
    Retention.objects.create(of="MEMBERS", days=30)


def test_a_rehearsal_tells_and_writes_nothing(life: Life, periods: None) -> None:
    settled, _open = life.reviewed(), life.in_progress()
    life.reviewed(category=life.cast.category("refund"))
    tanaka = User.objects.get(username="tanaka")
    tanaka.is_active = False
    with time_machine.travel(NOW, tick=False):
        tanaka.save()
    before = everything()

    with translation.override("en"):
        found = [(each.why, each.subjects) for each in redactions.rehearse(LATER)]

    assert found == [
        ("The retention period of 365 days is over: settled cases", [f"cases.case:{settled.pk}"]),
        ("The retention period of 30 days is over: members who have left", [f"people.user:{tanaka.pk}"]),
    ]
    assert redactions.rehearse(NOW + timedelta(days=20)) == []
    assert everything() == before


def test_what_is_due_is_proposed_once_and_waits_for_two_people(life: Life, periods: None) -> None:
    case = life.reviewed()

    assert (redactions.propose_due(LATER), redactions.propose_due(LATER)) == (1, 0)

    row = Redaction.objects.get()
    assert (row.state, row.subjects, row.requested_by) == ("PROPOSED", [f"cases.case:{case.pk}"], "")
    manager, policy = redactions.person(life.cast.manager), redactions.person(life.cast.policy)
    how = {"now": LATER, "source": "ADMIN"}
    redactions.take_up(row.pk, by=manager, reason="", **how)  # type: ignore[arg-type]
    redactions.approve(row.pk, by=policy, **how)  # type: ignore[arg-type]
    assert redactions.carry_out_approved(LATER) == 1
    assert redactions.rehearse(LATER + timedelta(days=1000)) == []


def test_the_command_and_the_page_say_the_same(life: Life, periods: None, as_user: Callable[..., Client]) -> None:
    case = life.reviewed()
    Case.objects.filter(pk=case.pk).update(resolved_at=timezone.now() - timedelta(days=366))
    out = StringIO()
    with translation.override("en"):
        call_command("rehearse_redactions", stdout=out)

    assert out.getvalue() == f"The retention period of 365 days is over: settled cases (1)\n  cases.case:{case.pk}\n"
    page = as_user(life.cast.auditor).get(f"{PAGE}rehearsal/").content.decode()
    assert "The retention period of 365 days is over: settled cases" in page
    assert case.number in page
    assert case.subject not in page


@pytest.mark.parametrize(
    "row",
    [{"of": "CASES", "days": 9}, {"of": "MEMBERS", "days": 9}, {"of": "CASES", "days": 0}],
)
def test_one_period_each_of_a_day_at_least(periods: None, row: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Retention.objects.create(**row)


def test_members_have_no_kind_of_case(life: Life) -> None:
    with pytest.raises(IntegrityError, match="cases_retention_members_have_no_category"), transaction.atomic():
        Retention.objects.create(of="MEMBERS", category=life.cast.category("refund"), days=9)
