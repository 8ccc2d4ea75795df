"""The five levels, the skills, and a demo organisation. Each function may run again: what is there stays as it is."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Authority, Department, Level, Membership, Role, Shift, Skill, Team, TeamSkill, User
from .permissions import UNMASKS

DEMO_PASSWORD = "esukare-demo-2026"  # noqa: S105 - shown to everybody who starts the demo
DUTY_DAYS = 30
DUTY_HOURS = 8
TOKYO = ZoneInfo("Asia/Tokyo")

LEVELS = [
    # rank, name, name_en, response target in minutes, authority, amount limit in yen
    (1, "一次対応", "First line", 15, Authority.POLICY_ONLY, 0),
    (2, "二次対応・リーダー", "Second line and leads", 60, Authority.LIMITED, 50_000),
    (3, "専門対応", "Specialists", 240, Authority.MEDIUM, 500_000),
    (4, "上級管理", "Senior management", 480, Authority.LARGE, 5_000_000),
    (5, "経営", "Executive", 1440, Authority.FULL, None),
]

SKILLS = [
    ("refund", "返金・補償", "Refunds and compensation"),
    ("legal", "法務", "Legal"),
    ("privacy", "個人情報保護", "Personal data protection"),
    ("system", "システム運用", "System operations"),
    ("safety", "安全", "Safety"),
    (UNMASKS, "個人情報の閲覧(監査)", "Seeing personal data (audit)"),
]


class Person(NamedTuple):
    """One person of the demo organisation."""

    username: str
    last_name: str
    first_name: str
    last_name_kana: str
    first_name_kana: str


PEOPLE = [
    Person("admin", "青木", "修", "アオキ", "オサム"),
    Person("operator", "佐藤", "花子", "サトウ", "ハナコ"),
    Person("tanaka", "田中", "健一", "タナカ", "ケンイチ"),
    Person("shop", "中村", "あかり", "ナカムラ", "アカリ"),
    Person("responder", "鈴木", "一郎", "スズキ", "イチロウ"),
    Person("kobayashi", "小林", "翔太", "コバヤシ", "ショウタ"),
    Person("lead", "高橋", "美咲", "タカハシ", "ミサキ"),
    Person("specialist", "伊藤", "直樹", "イトウ", "ナオキ"),
    Person("techlead", "渡辺", "誠", "ワタナベ", "マコト"),
    Person("sysops", "加藤", "大輔", "カトウ", "ダイスケ"),
    Person("refund", "山本", "由美", "ヤマモト", "ユミ"),
    Person("legal", "吉田", "恵", "ヨシダ", "メグミ"),
    Person("privacy", "山田", "隆", "ヤマダ", "タカシ"),
    Person("manager", "松本", "正樹", "マツモト", "マサキ"),
    Person("itmanager", "井上", "浩", "イノウエ", "ヒロシ"),
    Person("salesmanager", "木村", "裕子", "キムラ", "ユウコ"),
    Person("director", "清水", "和子", "シミズ", "カズコ"),
    Person("policy", "斎藤", "学", "サイトウ", "マナブ"),
    Person("auditor", "森", "千尋", "モリ", "チヒロ"),
    Person("safety", "石井", "恵子", "イシイ", "ケイコ"),
]

DEPARTMENTS = [
    # code, name, name_en, parent, head
    ("head-office", "本社", "Head office", "", "director"),
    ("customer-support", "カスタマーサポート部", "Customer support", "head-office", "manager"),
    ("information-systems", "情報システム部", "Information systems", "head-office", "itmanager"),
    ("sales", "営業部", "Sales", "head-office", "salesmanager"),
]

TEAMS = [
    # code, name, name_en, department, rank of the level, skills
    ("phone-desk", "電話窓口", "Phone desk", "customer-support", 1, []),
    ("sales-desk", "営業窓口", "Sales desk", "sales", 1, []),
    ("support-leaders", "サポートリーダー", "Support leaders", "customer-support", 2, []),
    ("technical", "技術専門チーム", "Technical specialists", "information-systems", 3, []),
    ("system-operations", "システム運用", "System operations", "information-systems", 3, ["system"]),
    ("refunds", "請求・返金チーム", "Billing and refunds", "customer-support", 3, ["refund"]),
    ("legal", "法務", "Legal", "head-office", 3, ["legal"]),
    ("privacy", "個人情報保護", "Personal data protection", "head-office", 3, ["privacy"]),
    ("managers", "CS管理職", "Support managers", "customer-support", 4, []),
    ("safety-office", "安全推進室", "Safety office", "head-office", 3, ["safety"]),
    ("policy-office", "エスカレーション運用室", "Escalation policy office", "customer-support", 4, []),
    ("board", "経営会議", "Executive board", "head-office", 5, []),
    ("internal-audit", "内部監査室", "Internal audit", "head-office", 5, [UNMASKS]),
]

MEMBERSHIPS = [
    # username, team, role, rank of a level of their own (0: the team's)
    ("operator", "phone-desk", Role.OPERATOR, 0),
    ("tanaka", "phone-desk", Role.OPERATOR, 0),
    ("lead", "phone-desk", Role.LEAD, 2),
    ("shop", "sales-desk", Role.OPERATOR, 0),
    ("salesmanager", "sales-desk", Role.LEAD, 2),
    ("responder", "support-leaders", Role.RESPONDER, 0),
    ("kobayashi", "support-leaders", Role.RESPONDER, 0),
    ("lead", "support-leaders", Role.LEAD, 0),
    ("specialist", "technical", Role.RESPONDER, 0),
    ("techlead", "technical", Role.LEAD, 0),
    ("sysops", "system-operations", Role.RESPONDER, 0),
    ("techlead", "system-operations", Role.LEAD, 0),
    ("refund", "refunds", Role.LEAD, 0),
    ("legal", "legal", Role.LEAD, 0),
    ("privacy", "privacy", Role.LEAD, 0),
    ("manager", "managers", Role.MANAGER, 0),
    ("manager", "managers", Role.LEAD, 0),
    ("itmanager", "managers", Role.MANAGER, 0),
    ("salesmanager", "managers", Role.MANAGER, 0),
    ("director", "board", Role.MANAGER, 0),
    ("director", "board", Role.LEAD, 0),
    ("safety", "safety-office", Role.LEAD, 0),
    ("policy", "policy-office", Role.POLICY_OWNER, 0),
    ("auditor", "internal-audit", Role.AUDITOR, 0),
]

# The second line is covered around the clock by these three in turn.
DUTY_TEAM = "support-leaders"
DUTY_PEOPLE = ["responder", "kobayashi", "lead"]


@transaction.atomic
def seed_levels() -> dict[int, Level]:
    """The five default levels by rank, created where missing."""
    levels = {}
    for rank, name, name_en, response_minutes, authority, amount_limit in LEVELS:
        values = {
            "name": name,
            "name_en": name_en,
            "response_minutes": response_minutes,
            "authority": authority,
            "amount_limit": amount_limit,
        }
        levels[rank] = Level.objects.get_or_create(rank=rank, defaults=values)[0]
    return levels


@transaction.atomic
def seed_skills() -> dict[str, Skill]:
    """The default skills by code, created where missing."""
    return {
        code: Skill.objects.get_or_create(code=code, defaults={"name": name, "name_en": name_en})[0]
        for code, name, name_en in SKILLS
    }


@transaction.atomic
def seed_demo(now: datetime | None = None) -> list[tuple[str, str, str]]:
    """The demo organisation with duty from today (Tokyo) on for 30 more days, created where missing.

    Returns (username, full name, roles) of each demo person, names and roles in the active language.
    """
    levels, skills = seed_levels(), seed_skills()
    users = _seed_users()
    departments = _seed_departments(users)
    teams = _seed_teams(departments, levels, skills)
    for username, team, role, rank in MEMBERSHIPS:
        level = {"level": levels.get(rank)}
        Membership.objects.get_or_create(user=users[username], team=teams[team], role=role, defaults=level)
    _seed_duty([users[username] for username in DUTY_PEOPLE], teams[DUTY_TEAM], now or timezone.now())
    return [(user.username, user.get_full_name(), _role_labels(user)) for user in users.values()]


def _seed_users() -> dict[str, User]:
    users = User.objects.in_bulk([person.username for person in PEOPLE], field_name="username")
    password = make_password(DEMO_PASSWORD) if len(users) < len(PEOPLE) else ""  # slow by design: once for all
    staff = {username for username, _team, role, _rank in MEMBERSHIPS if role != Role.OPERATOR} | {"admin"}
    for number, person in enumerate(PEOPLE, start=1001):
        if person.username in users:
            continue
        users[person.username] = User.objects.create(
            **person._asdict(),
            password=password,
            email=f"{person.username}@example.jp",
            phone=f"03-0000-{number}",  # no subscriber's number in Tokyo begins with 0
            is_staff=person.username in staff,
            is_superuser=person.username == "admin",
        )
    return {person.username: users[person.username] for person in PEOPLE}


def _seed_departments(users: dict[str, User]) -> dict[str, Department]:
    departments: dict[str, Department] = {}
    for code, name, name_en, parent, head in DEPARTMENTS:
        values = {"name": name, "name_en": name_en, "parent": departments.get(parent), "head": users[head]}
        departments[code] = Department.objects.get_or_create(code=code, defaults=values)[0]
    return departments


def _seed_teams(
    departments: dict[str, Department], levels: dict[int, Level], skills: dict[str, Skill]
) -> dict[str, Team]:
    teams = {}
    for number, (code, name, name_en, department, rank, skill_codes) in enumerate(TEAMS, start=2001):
        values = {
            "name": name,
            "name_en": name_en,
            "department": departments[department],
            "level": levels[rank],
            "phone": f"03-0000-{number}",
            "email": f"{code}@example.jp",
            "chat_url": f"https://chat.example.jp/{code}",
        }
        team, created = Team.objects.get_or_create(code=code, defaults=values)
        for skill in skill_codes if created else ():
            TeamSkill.objects.create(team=team, skill=skills[skill])
        teams[code] = team
    return teams


def _seed_duty(people: list[User], team: Team, now: datetime) -> None:
    """Three shifts a day; each day another person begins, so that nobody has all the nights."""
    rota = {starts_at: user for user, starts_at in _rota(people, now)}
    covered = set(Shift.objects.filter(team=team, starts_at__gte=min(rota)).values_list("starts_at", flat=True))
    for starts_at in sorted(rota.keys() - covered):
        ends_at = starts_at + timedelta(hours=DUTY_HOURS)
        Shift.objects.create(user=rota[starts_at], team=team, starts_at=starts_at, ends_at=ends_at)


def _rota(people: list[User], now: datetime) -> Iterable[tuple[User, datetime]]:
    today = now.astimezone(TOKYO).date()
    for day in (today + timedelta(days=ahead) for ahead in range(DUTY_DAYS + 1)):
        for turn, hour in enumerate(range(0, 24, DUTY_HOURS)):
            yield people[(day.toordinal() + turn) % len(people)], datetime.combine(day, time(hour), TOKYO)


def _role_labels(user: User) -> str:
    """Labels of the person's roles, each once, in the order in which `Role` lists them."""
    labels = [str(role.label) for role in Role if role in user.roles]
    return "・".join([str(_("Superuser")), *labels] if user.is_superuser else labels)
