"""The named cast on stage, and the life of a case in one line each: everything happens through the real verbs.

case = life.escalated()                            # reported by the operator, escalated, waits for the second line
case = life.do("accept", case, by=cast.responder)  # any verb; its form is filled in, `now` is a minute later
life.run_until(NOW + timedelta(hours=5))           # time passes, with a sweep at every moment a clock asks for one
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import models, transaction

from apps.audit.models import Entry, Source
from apps.cases import actions, clock
from apps.cases.ledger import Book, one_case
from apps.cases.models import Case, Deadline
from apps.notifications.models import Message
from apps.people import seed
from apps.people.models import Team, User
from apps.policy.models import Category, ChecklistItem, Verb, Version
from apps.policy.rulebook import get_rulebook
from apps.policy.seed import seed_policy

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # Tuesday 10:00 in Tokyo, the day after a holiday
CUSTOMER = "customer@example.com"

# What a sheet holds unless a test says otherwise: P3, hence the business calendar; no trigger, no authority needed.
SHEET: dict[str, object] = {
    "subject": "請求書が二重に届く",
    "facts": "11月24日の朝、同じ請求書が2通届いた。",
    "impact": "ONE",
    "urgency": "HIGH",
    "customer": "株式会社サンプル",
    "customer_email": CUSTOMER,
    "customer_said": "どちらを払えばよいのか。",
    "first_line_did": "請求書番号を確認した。",
    "stuck_on": "発行の仕組みが分からない。",
}


class Cast:
    """The demo organisation: people by username (`cast.operator`), teams and categories by code.

    First line: operator, tanaka (phone-desk) and their lead; shop and salesmanager (sales-desk, another department).
    Second line: responder, kobayashi, lead (support-leaders). Specialists: specialist, techlead (technical), sysops,
    refund, legal, privacy. Above: manager, itmanager, salesmanager (managers), director (board). Beside them: policy,
    auditor. The system: clock, importer.
    """

    def __init__(self) -> None:
        self.clock = User.objects.clock()
        self.importer = User.objects.importer()
        self._people = User.objects.in_bulk(field_name="username")
        self._teams = {team.code: team for team in Team.objects.select_related("level", "department")}
        self._categories = Category.objects.select_related("authority_level").in_bulk(field_name="code")

    def __getattr__(self, username: str) -> User:
        try:
            return self.__dict__["_people"][username]
        except KeyError:
            raise AttributeError(f"Nobody in the cast is called {username}.") from None

    def team(self, code: str) -> Team:
        return self._teams[code]

    def category(self, code: str) -> Category:
        return self._categories[code]

    def checklist(self, verb: Verb | str) -> list[int]:
        """Every item of the checklist before this verb, ticked."""
        return list(ChecklistItem.objects.filter(verb=verb).values_list("pk", flat=True))


@functools.cache
def _stage() -> Mapping[type[models.Model], list[models.Model]]:
    """The rows of the demo organisation and the default policy, seeded once in a process and rolled back."""
    with transaction.atomic():
        duty_days, hasher = seed.DUTY_DAYS, seed.make_password
        seed.DUTY_DAYS = 0  # a month of shifts takes longer than the tests themselves
        seed.make_password = lambda _password: make_password(None)
        try:
            seed.seed_demo(NOW)
        finally:
            seed.DUTY_DAYS, seed.make_password = duty_days, hasher
        User.objects.clock()
        User.objects.importer()
        seed_policy()
        seeded = [m for label in ("people", "policy") for m in apps.get_app_config(label).get_models()]
        rows = {m: list(m._default_manager.order_by("pk")) for m in seeded if not m.__name__.startswith("Historical")}
        transaction.set_rollback(True)
    return rows


def set_stage() -> Cast:
    """Put the seeded rows back as they were (without their history): a second of seeding in a few milliseconds."""
    get_rulebook.cache_clear()
    stage = _stage()
    with transaction.atomic():
        for model, rows in stage.items():
            fresh = [copy.copy(row) for row in rows]
            if model is Version:
                for version in fresh:  # not yet: the children of a published version may not be inserted
                    version.published_at = version.published_by = None
            model._default_manager.bulk_create(fresh)
        # long ago for the cast, whatever the clock on the wall says
        Version.objects.update(published_at=NOW - timedelta(days=1), published_by=stage[Version][0].published_by)
    return Cast()


class Life:
    """Walks cases through the verbs. `now` is the moment of the last step; the next is a minute later by default."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.now = NOW - timedelta(minutes=1)

    def _at(self, now: datetime | None) -> datetime:
        self.now = now or self.now + timedelta(minutes=1)
        return self.now

    # --- verbs ------------------------------------------------------------------------------------------------------

    def receive(
        self,
        *,
        by: User | None,
        now: datetime | None = None,
        team: Team | None = None,
        owner: User | None = None,
        source: Source = Source.DESK,
        **sheet: object,
    ) -> Case:
        team = team or self.cast.team("phone-desk")
        with Book(source=source) as book:
            case = actions.receive(
                book,
                by=by,
                now=self._at(now),
                sheet=SHEET | {"department": team.department} | sheet,
                team=team,
                owner=owner,
            )
        return Case.objects.get(pk=case.pk)

    def do(
        self,
        verb: str,
        case: Case,
        *,
        by: User | None,
        now: datetime | None = None,
        source: Source = Source.ADMIN,
        **form: Any,
    ) -> Case:
        """One verb in its own transaction, its form filled in where the test does not. Returns the case as it then is."""
        values = self.form(verb, case, now=self._at(now)) | form
        with one_case(case.pk, source=source) as (locked, book):
            getattr(actions, verb)(locked, book, by=by, now=self.now, **values)
        return Case.objects.get(pk=case.pk)

    def form(self, verb: str, case: Case, *, now: datetime) -> dict[str, Any]:
        """A form that leaves nothing to complain about."""
        match verb:
            case "respond":
                return {"told": "確認して折り返しますとお伝えした。"}
            case "escalate":
                ticked = self.cast.checklist(Verb.ESCALATE)
                return {"kind": "FUNCTIONAL", "reason": "一次対応では判断できない。", "checklist": ticked}
            case "send_back":
                return {"advice": "請求書番号も書いてあると、もっと早く動けます。"}
            case "de_escalate":
                return {"reason": "窓口で案内できる内容だった。", "team": self.cast.team("phone-desk")}
            case "hand_over":
                return {"reason": "担当を交代する。", "owner": self.cast.kobayashi}
            case "hold":
                return {"waiting_for": "CUSTOMER", "until": now + timedelta(hours=2), "reason": "請求書の写しを待つ。"}
            case "resolve":
                return {
                    "outcome": "SOLVED",
                    "resolution": "重複した請求書を取り消した。",
                    "cause": "発行処理が二度走った。",
                    "prevention": "発行処理に二重起動の検査を加えた。",
                    "checklist": self.cast.checklist(Verb.RESOLVE),
                }
            case "reopen":
                return {"reason": "また二通届いた。"}
            case "review":
                return {
                    "verdict": "APPROPRIATE",
                    "worked": True,
                    "may_recur": False,
                    "lesson": "発行前に番号を照合する。",
                    "thanks": "早い報告をありがとうございました。",
                }
            case "note":
                return {"text": "経理に確認中。"}
            case _:
                return {}

    # --- cases at each stage of their life --------------------------------------------------------------------------

    def received(self, **sheet: Any) -> Case:
        """Reported by the operator, who holds it at the phone desk."""
        return self.receive(**({"by": self.cast.operator} | sheet))

    def escalated(self, **sheet: Any) -> Case:
        """Waits for the second line (support-leaders: responder, kobayashi, lead)."""
        return self.do("escalate", self.received(**sheet), by=self.cast.operator)

    def in_progress(self, **sheet: Any) -> Case:
        """Accepted by the responder."""
        return self.do("accept", self.escalated(**sheet), by=self.cast.responder)

    def resolved(self, **sheet: Any) -> Case:
        """Resolved by the responder, not yet confirmed."""
        return self.do("resolve", self.in_progress(**sheet), by=self.cast.responder)

    def reviewed(self, **sheet: Any) -> Case:
        """Reviewed by the lead: closed for good."""
        return self.do("review", self.resolved(**sheet), by=self.cast.lead)

    # --- time -------------------------------------------------------------------------------------------------------

    def sweep(self, now: datetime) -> clock.Swept:
        self.now = now
        return clock.sweep(now)

    def run_until(self, until: datetime) -> clock.Swept:
        """Let the time pass: a sweep at the very moment that a clock asks for one, up to and including `until`."""
        total = clock.Swept()
        while True:
            upcoming = Deadline.objects.filter(next_at__lte=until).order_by("next_at").values_list("next_at", flat=True)
            moment = upcoming.first()
            if moment is None:
                self.now = until
                return total
            self.now = max(self.now, moment)
            swept = clock.sweep(self.now)
            assert swept.fired or swept.warned or swept.failed, f"Nothing happens to what is due at {moment}."
            total.add(swept)

    # --- what came of it --------------------------------------------------------------------------------------------

    def clocks(self, case: Case) -> dict[str, Deadline]:
        """The live clocks by kind."""
        return {row.kind: row for row in Deadline.objects.filter(case=case, state__in=["RUNNING", "PAUSED"])}

    def journal(self, case: Case) -> list[tuple[str, str, str, str]]:
        """(who, action, from state, to state) of every entry, in order; who is a username or "" for the customer."""
        names = {f"people.user:{user.pk}": user.username for user in User.objects.all()} | {"": ""}
        entries = Entry.objects.filter(subject=f"cases.case:{case.pk}").order_by("sequence")
        return [(names[e.actor], e.action, e.from_state, e.to_state) for e in entries]

    def mail(self, case: Case | None = None, *, after: int = 0) -> set[tuple[str, str, str]]:
        """(key, to whom, why) of the messages with an id above `after`; to whom: a username, or the customer's address."""
        messages = Message.objects.filter(pk__gt=after).select_related("recipient")
        if case is not None:
            messages = messages.filter(about=f"cases.case:{case.pk}")
        return {(m.key, m.recipient.username if m.recipient else m.address, m.why) for m in messages}

    def last_mail(self) -> int:
        return Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def all_tables() -> Iterable[type[models.Model]]:
    return apps.get_models(include_auto_created=True)


def everything(*, but: Iterable[type[models.Model]] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of our own apps: equal before and after means that nothing at all was written."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in all_tables()
        if model.__module__.startswith("apps.") and model not in but
    }
