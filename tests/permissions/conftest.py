"""The visitors and what they find: nine people, four cases, and everything that a page is about."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from apps.cases.models import Case, Deadline, HandOff
from apps.notifications.models import Message
from apps.people.models import Department, Level, Membership, Role, Shift, Skill, Team, User
from apps.policy.models import Category, Version
from tests.cases.conftest import cast, life  # noqa: F401 - the cast's fixtures
from tests.cases.life import NOW, Cast, Life

VISITORS = ("nobody", "operator", "responder", "lead", "manager", "outsider", "policy", "auditor", "admin")


@dataclass
class Stage:
    """`cases`: each at another point of its life. `ours` and `secret` come from the phone desk, the others from sales.

    ours          waits for the second line (responder and lead)
    theirs        is held by the sales desk
    secret        confidential, in the responder's hands
    their_secret  confidential, held by the sales desk
    """

    cast: Cast
    life: Life
    cases: dict[str, Case]
    outsider: User

    def user(self, visitor: str) -> User | None:
        return {"nobody": None, "outsider": self.outsider}.get(visitor) or getattr(self.cast, visitor, None)

    def client(self, visitor: str) -> Client:
        client = Client(headers={"accept-language": "en"})
        user = self.user(visitor)
        if user is not None:
            client.force_login(user)
        client.cookies["django_language"] = "en"
        return client


def another(name: str, cast: Cast, life: Life) -> Case:  # noqa: F811
    """A case like the one of this name."""
    sales = {"by": cast.shop, "team": cast.team("sales-desk")}
    match name:
        case "ours":
            return life.escalated(subject="請求書が届かない")
        case "theirs":
            return life.receive(**sales, subject="納期の相談")
        case "secret":
            return life.in_progress(confidential=True, subject="社内の相談")
        case _:
            return life.receive(**sales, confidential=True, subject="取引先の相談")


@pytest.fixture
def stage(cast: Cast, life: Life) -> Stage:  # noqa: F811
    cases = {name: another(name, cast, life) for name in ("ours", "theirs", "secret", "their_secret")}
    upper = Team.objects.create(
        name="営業管理職",
        code="sales-managers",
        department=Department.objects.get(code="sales"),
        level=Level.objects.get(rank=4),
    )
    outsider = User.objects.create_user("outsider", last_name="西村", first_name="薫", is_staff=True)
    Membership.objects.create(user=outsider, team=upper, role=Role.MANAGER)
    return Stage(cast, life, cases, outsider)


@pytest.fixture
def places(stage: Stage) -> dict[str, object]:
    """What addresses name in braces; made here where the stage has none."""
    secret = stage.cases["secret"]
    shift = Shift.objects.create(
        user=stage.cast.lead, team=stage.cast.team("support-leaders"), starts_at=NOW, ends_at=NOW.replace(hour=9)
    )
    draft = Version.objects.current().copy_as_draft()
    failed = Message.objects.filter(about=f"cases.case:{secret.pk}").earliest("pk")
    Message.objects.filter(pk=failed.pk).update(status="FAILED", error="550", next_try_at=None)
    return {
        "user": stage.cast.operator.pk,
        "superuser": stage.cast.admin.pk,
        "department": stage.cast.team("phone-desk").department_id,
        "team": stage.cast.team("phone-desk").pk,
        "level": Level.objects.get(rank=1).pk,
        "skill": Skill.objects.earliest("pk").pk,
        "shift": shift.pk,
        "draft": draft.pk,
        "published": Version.objects.current().pk,
        "category": Category.objects.earliest("pk").pk,
        "secret_message": failed.pk,
        "secret_clock": Deadline.objects.filter(case=secret, state="RUNNING").earliest("pk").pk,
        "secret_hand_off": HandOff.objects.filter(case=secret).earliest("pk").pk,
    }
