"""The default policy (product.md). It may run again: a policy that somebody published stays as it is."""

from datetime import date, time
from typing import NamedTuple, TypeVar

from django.db import models, transaction
from django.utils import timezone

from apps.people.models import Level, Role, Skill, User
from apps.people.seed import seed_levels, seed_skills

from .models import (
    Calendar,
    Category,
    ChecklistItem,
    Closure,
    EscalationKind,
    Flag,
    Impact,
    Ladder,
    MatrixRow,
    Means,
    OpenHours,
    Priority,
    PriorityCell,
    Rung,
    Target,
    Trigger,
    Urgency,
    Verb,
    Version,
    Weekday,
)

Part = TypeVar("Part", bound=models.Model)
TITLE = "標準ポリシー"
P1, P2, P3, P4 = Priority
PHONE, CHAT, TICKET = Means.PHONE, Means.CHAT, Means.TICKET

CATEGORIES = [
    # code, name, name_en, skill, rank of the authority needed (0: any), confidential
    ("inquiry", "問い合わせ", "Inquiry", "", 0, False),
    ("system-fault", "システム障害", "System fault", "system", 2, False),
    ("complaint", "クレーム", "Complaint", "", 2, False),
    ("refund", "返金・補償", "Refund or compensation", "refund", 2, False),
    ("personal-data", "個人情報", "Personal data", "privacy", 3, False),
    ("harassment", "ハラスメント", "Harassment", "", 2, True),
    ("legal", "法務・法的リスク", "Legal risk", "legal", 3, False),
    ("safety", "設備・医療安全", "Facilities and medical safety", "", 2, False),
]

GRID = {
    Impact.ALL: (P1, P1, P2, P3),
    Impact.SOME: (P2, P2, P3, P4),
    Impact.ONE: (P2, P3, P3, P4),
}  # by Urgency: CRITICAL, HIGH, MEDIUM, LOW

LADDERS = {
    # minutes to wait at: the destination team, its lead, the head of its department
    P1: (5, 10, 15),
    P2: (15, 30, 30),
    P3: (60, 120, 240),
    P4: (480, 480, 960),
}


class RowSeed(NamedTuple):
    """Minutes: around the clock for P1 and P2, of the business calendar (480 a day) for P3 and P4."""

    first_response: int
    first_line_limit: int
    resolution_limit: int
    status_interval: int
    stale_limit: int
    confirmation_limit: int
    review_limit: int
    destination_rank: int
    alert_head: bool
    means: list[Means]


ROWS = {
    P1: RowSeed(5, 15, 240, 30, 60, 4320, 10080, 2, True, [PHONE, CHAT, TICKET]),
    P2: RowSeed(15, 60, 480, 120, 240, 4320, 10080, 2, False, [CHAT, TICKET]),
    P3: RowSeed(60, 240, 1440, 480, 960, 1440, 2400, 2, False, [TICKET]),
    P4: RowSeed(480, 1440, 4800, 2400, 2400, 1440, 2400, 3, False, [TICKET]),
}
AROUND_THE_CLOCK = {P1, P2}

FUNCTIONAL, HIERARCHICAL = EscalationKind.FUNCTIONAL, EscalationKind.HIERARCHICAL
TRIGGERS = [
    # name, flag, words, at least, kind, rank of the level, skill, role to tell; all escalate at once
    (
        "法的リスク → 法務",
        Flag.LEGAL,
        ["訴訟", "裁判", "弁護士", "法的措置", "内容証明", "損害賠償", "告訴", "消費生活センター"],
        (P1, FUNCTIONAL, 3, "legal", Role.LEAD),
    ),
    (
        "個人情報 → 責任者へ即時",
        Flag.PERSONAL_DATA,
        ["個人情報の漏", "情報漏えい", "情報漏洩", "情報流出", "誤送信", "マイナンバー"],
        (P2, FUNCTIONAL, 3, "privacy", Role.LEAD),
    ),
    (
        "従業員へのハラスメント → リーダーが即時交代",
        Flag.HARASSMENT,
        ["カスハラ", "カスタマーハラスメント", "暴言", "脅迫", "土下座", "セクハラ"],
        (P2, HIERARCHICAL, 2, "", Role.LEAD),
    ),
    (
        "複数のお客様から同じ不具合 → システム障害",
        Flag.SAME_FAULT,
        ["他のお客様からも同じ", "複数のお客様から同"],
        (P2, FUNCTIONAL, 3, "system", Role.LEAD),
    ),
    ("返金・補償 → 管理者", Flag.REFUND, [], (P3, HIERARCHICAL, 4, "", Role.MANAGER)),
]

ESCALATE, RESOLVE = Verb
CHECKLIST = [
    # verb, text, text_en, category, required
    (ESCALATE, "事実を5W1Hで書いた", "The facts are written down: who, what, when, where, why, how", "", True),
    (
        ESCALATE,
        "これまでの対応と止まっている点を書いた",
        "What was done and where it is stuck is on record",
        "",
        True,
    ),
    (ESCALATE, "次の連絡予定をお客様に伝えた", "The customer knows when to expect an answer", "", False),
    (ESCALATE, "個人情報を必要な範囲に絞った", "Personal data is limited to what is needed", "personal-data", True),
    (RESOLVE, "お客様に結果を伝えた", "The customer has been told the result", "", True),
    (RESOLVE, "関係者に共有した", "Everyone concerned has been told", "", False),
    (RESOLVE, "金額と承認者を記録した", "The amount and who approved it are recorded", "refund", True),
    (RESOLVE, "本人通知と当局報告の要否を確認した", "Checked who else must be notified", "personal-data", True),
]


def seed_categories() -> dict[str, Category]:
    """The default categories by code, created where missing, with the levels and skills that they name."""
    levels, skills = seed_levels(), seed_skills()
    return {
        code: Category.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "name_en": name_en,
                "skill": skills.get(skill),
                "authority_level": levels.get(rank),
                "confidential": confidential,
            },
        )[0]
        for code, name, name_en, skill, rank, confidential in CATEGORIES
    }


@transaction.atomic
def seed_policy() -> Version:
    """The current version; the default policy, published now by CLOCK, when none was ever published."""
    latest = Version.objects.published().order_by("-published_at", "-number").first()
    if latest is not None:
        return latest
    return _Seeding().run()


class _Seeding:
    """Writes the default policy row by row in CLOCK's name, so that each row has its history and audit entry."""

    def __init__(self) -> None:
        self.clock: User = User.objects.clock()
        self.levels: dict[int, Level] = seed_levels()
        self.skills: dict[str, Skill] = seed_skills()
        self.categories = seed_categories()
        self.version = self.save(
            Version(title=TITLE, note="インストール時に用意された標準のポリシーです。組織に合わせて改訂してください。")
        )

    def run(self) -> Version:
        self.seed_matrix(self.seed_calendar())
        self.seed_triggers()
        self.seed_checklist()
        self.version.publish(by=self.clock, at=timezone.now())
        return self.version

    def save(self, row: Part) -> Part:
        row._history_user = self.clock  # type: ignore[attr-defined]  # simple-history's name for who saves
        row.save()
        return row

    def seed_calendar(self) -> Calendar:
        calendar = self.save(Calendar(version=self.version, name="平日 9–18時"))
        for weekday in list(Weekday)[:5]:
            for opens, closes in ((time(9), time(12)), (time(13), time(18))):
                self.save(OpenHours(calendar=calendar, weekday=weekday, opens=opens, closes=closes))
        for name, first, last in (
            ("年末年始", date(2026, 12, 29), date(2027, 1, 3)),
            ("お盆", date(2026, 8, 13), date(2026, 8, 16)),
        ):
            self.save(Closure(calendar=calendar, name=name, starts_on=first, ends_on=last, every_year=True))
        return calendar

    def seed_matrix(self, calendar: Calendar) -> None:
        for impact, priorities in GRID.items():
            for urgency, priority in zip(Urgency, priorities, strict=True):
                self.save(PriorityCell(version=self.version, impact=impact, urgency=urgency, priority=priority))
        for priority, row in ROWS.items():
            values = row._asdict()
            self.save(
                MatrixRow(
                    version=self.version,
                    priority=priority,
                    destination_level=self.levels[values.pop("destination_rank")],
                    ladder=self.seed_ladder(priority, row.means),
                    calendar=None if priority in AROUND_THE_CLOCK else calendar,
                    **values,
                )
            )

    def seed_ladder(self, priority: Priority, means: list[Means]) -> Ladder:
        ladder = self.save(Ladder(version=self.version, name=f"{priority} エスカレーションパス"))
        targets = ((Target.TEAM, ""), (Target.TEAM_ROLE, Role.LEAD), (Target.DEPARTMENT_HEAD, ""))
        for position, ((target, role), wait) in enumerate(zip(targets, LADDERS[priority], strict=True), start=1):
            self.save(Rung(ladder=ladder, position=position, target=target, role=role, wait=wait, means=means))
        return ladder

    def seed_triggers(self) -> None:
        for position, (name, flag, words, (at_least, kind, rank, skill, role)) in enumerate(TRIGGERS, start=1):
            self.save(
                Trigger(
                    version=self.version,
                    position=position,
                    name=name,
                    flag=flag,
                    words="\n".join(words),
                    at_least=at_least,
                    escalate_at_once=True,
                    kind=kind,
                    to_level=self.levels[rank],
                    to_skill=self.skills.get(skill),
                    tell_role=role,
                )
            )

    def seed_checklist(self) -> None:
        for position, (verb, text, text_en, category, required) in enumerate(CHECKLIST, start=1):
            self.save(
                ChecklistItem(
                    version=self.version,
                    verb=verb,
                    position=position,
                    text=text,
                    text_en=text_en,
                    category=self.categories.get(category),
                    required=required,
                )
            )
