"""Random verbs by random people, holds, and time with its sweeps: whatever the order, every case stays sound.

The run is the same each time. `MACHINE_EXAMPLES=500 pytest tests/cases/test_machine.py` explores further, by chance.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import transaction
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.audit import trail
from apps.audit.models import Entry, Source
from apps.cases import actions, checks, clock, integrity
from apps.cases.checks import Refused
from apps.cases.ledger import one_case
from apps.cases.models import Attachment, Case, Deadline, Firing, Follower, HandOff, Link, Pause, Review, Update
from apps.cases.routing import Directory
from apps.notifications.models import Message
from apps.people.models import User
from tests.cases.life import NOW, Cast, Life, sent

EXPLORING = "MACHINE_EXAMPLES" in os.environ
PROFILE = settings(
    max_examples=int(os.environ.get("MACHINE_EXAMPLES", "8")),
    stateful_step_count=22,
    deadline=None,
    derandomize=not EXPLORING,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=tuple(Phase) if EXPLORING else (Phase.generate,),  # shrinking takes minutes
)
MOST_CASES = 3
PEOPLE = (
    "operator", "tanaka", "shop", "responder", "kobayashi", "lead", "specialist", "techlead", "refund", "legal", "manager",
    "director", "policy", "auditor", "clock", "the customer",
)  # fmt: skip
VERBS = (
    "respond", "escalate", "accept", "send_back", "de_escalate", "hand_over", "hold", "resume", "resolve", "confirm",
    "reopen", "review", "note", "link", "attach", "merge", "follow", "unfollow",
)  # fmt: skip
IDLE = ("follow", "unfollow")  # nothing happens where it is so already
FURTHER = ("accept", "hand_over", "hold", "resume", "resolve", "confirm", "reopen", "review")
TEAMS = ("phone-desk", "support-leaders", "technical", "refunds", "managers", "board")
WRITTEN = (
    Case,
    Deadline,
    Firing,
    HandOff,
    Pause,
    Update,
    Link,
    Review,
    Attachment,
    Follower,
    Message,
    Entry,
    Case.history.model,
)

SHEETS = st.fixed_dictionaries(
    {
        "impact": st.sampled_from(["ALL", "SOME", "ONE"]),
        "urgency": st.sampled_from(["CRITICAL", "HIGH", "MEDIUM", "LOW"]),
        "flags": st.sampled_from([[], [], [], ["REFUND"], ["LEGAL", "PERSONAL_DATA"]]),
        "amount": st.sampled_from([None, None, 30_000, 400_000]),
        "kind": st.sampled_from(["", "", "inquiry", "harassment", "refund"]),
        "wish": st.sampled_from([None, timedelta(hours=1), timedelta(days=2)]),
    }
)
WAITS = st.sampled_from([timedelta(minutes=m) for m in (1, 7, 20, 61, 240, 12 * 60, 3 * 24 * 60)])
FORMS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "escalate": st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["FUNCTIONAL", "HIERARCHICAL"]),
            "team": st.sampled_from([None, None, *TEAMS]),
            "skip_reason": st.sampled_from(["", "急ぐため。"]),
        }
    ),
    "de_escalate": st.fixed_dictionaries({"team": st.sampled_from(TEAMS)}),
    "hand_over": st.fixed_dictionaries({"owner": st.sampled_from(["tanaka", "kobayashi", "lead", "techlead"])}),
    "hold": st.fixed_dictionaries({"hours": st.sampled_from([-1, 1, 5, 50])}),
    "resolve": st.fixed_dictionaries({"outcome": st.sampled_from(["SOLVED", "WITHDRAWN", "DUPLICATE"])}),
    "confirm": st.fixed_dictionaries({"satisfaction": st.sampled_from([None, 5, 6])}),
    "note": st.fixed_dictionaries(
        {
            "visibility": st.sampled_from(["INTERNAL", "REPORTER", "CUSTOMER"]),
            "text": st.sampled_from(["経理に確認中。", "@leadさん、@shop さん、@nobody", "@kobayashi お願いします。"]),
        }
    ),
    "attach": st.fixed_dictionaries(
        {
            "files": st.lists(st.sampled_from(["甲", "乙", "丙"]), max_size=2),
            "visibility": st.sampled_from(["INTERNAL", "REPORTER"]),
        }
    ),
    "link": st.fixed_dictionaries({"kind": st.sampled_from(["PARENT", "RECURRENCE_OF"])}),
}
BLANKS = {"respond": "told", "send_back": "advice", "reopen": "reason", "review": "thanks", "note": "text"}


def written() -> dict[str, list[tuple[Any, ...]]]:
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in WRITTEN}


class CaseMachine(RuleBasedStateMachine):
    cast: ClassVar[Cast]

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.life = Life(self.cast)
        self.now = NOW
        self.cases: list[int] = []
        self.steps_taken = 0

    def teardown(self) -> None:
        try:
            self._verify()
        finally:
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    # --- what happens -----------------------------------------------------------------------------------------------

    @initialize(stage=st.sampled_from(["received", "escalated", "in_progress", "resolved"]), sheet=SHEETS)
    def in_the_beginning(self, stage: str, sheet: dict[str, Any]) -> None:
        """One case somewhere on its way, and another just reported."""
        self.cases.append(getattr(self.life, stage)().pk)
        self.now = self.life.now
        self._report("operator", sheet)

    @precondition(lambda self: len(self.cases) < MOST_CASES)
    @rule(who=st.sampled_from(PEOPLE), sheet=SHEETS)
    def report(self, who: str, sheet: dict[str, Any]) -> None:
        self._report(who, sheet)

    def _report(self, who: str, drawn: dict[str, Any]) -> None:
        sheet = {name: drawn[name] for name in ("impact", "urgency", "flags", "amount")}
        sheet["category"] = self.cast.category(drawn["kind"]) if drawn["kind"] else None
        sheet["wanted_by"] = self.now + drawn["wish"] if drawn["wish"] else None
        if who == "auditor":
            return  # whose refusal is in the table
        case = self.life.receive(by=self._person(who), now=self.now, **sheet)
        self.cases.append(case.pk)
        steps = list(self._steps(case.pk).values_list("action", flat=True))
        assert steps in (["receive"], ["receive", "escalate"])

    @rule(
        data=st.data(), which=st.integers(0, MOST_CASES - 1), who=st.sampled_from(PEOPLE), verb=st.sampled_from(VERBS)
    )
    def anything_by_anybody(self, data: st.DataObject, which: int, who: str, verb: str) -> None:
        self._act(data, self._case(which), who, verb)

    @rule(data=st.data(), which=st.integers(0, MOST_CASES - 1))
    def something_allowed(self, data: st.DataObject, which: int) -> None:
        self._act_as_allowed(data, which, VERBS)

    @rule(data=st.data(), which=st.integers(0, MOST_CASES - 1))
    def a_step_further(self, data: st.DataObject, which: int) -> None:
        """Nonsense, notes and sweeps alone would bring few cases far."""
        self._act_as_allowed(data, which, FURTHER)

    def _act_as_allowed(self, data: st.DataObject, which: int, verbs: Collection[str]) -> None:
        case, directory = self._case(which), Directory.read()
        allowed = []
        ties = {who: checks.ties(case, self._person(who), directory) for who in PEOPLE}
        for verb in verbs:
            may = checks.MAY[verb]
            if case.state == "IN_PROGRESS":
                may = checks.MAY_IN_PROGRESS.get(verb, may)
            try:
                checks.state_allows(case, verb)
            except Refused:
                continue
            allowed += [(verb, who) for who in PEOPLE if ties[who] & (may - {checks.Tie.READER} or set(checks.Tie))]
        assume(allowed)
        verb = data.draw(st.sampled_from(sorted({verb for verb, _who in allowed})))
        who = data.draw(st.sampled_from([who for each, who in allowed if each == verb]))
        self._act(data, case, who, verb)

    def _act(self, data: st.DataObject, case: Case, who: str, verb: str) -> None:
        by, before, refused = self._person(who), written(), None
        form = self.life.form(verb, case, now=self.now) | self._form(data, verb, case)
        also = [form["into"].pk] if verb == "merge" else []
        is_idle = verb in IDLE and (verb == "follow") == Follower.objects.filter(case=case, user=by).exists()
        reopenings = case.reopenings
        with one_case(case.pk, source=Source.ADMIN, also=also) as (locked, book):
            try:
                getattr(actions, verb)(locked, book, by=by, now=self.now, **form)
            except Refused as refusal:
                refused = refusal
        if refused is not None:
            assert refused.sentence
            assert written() == before, f"A refused {verb} left a trace."
            return
        if is_idle:
            assert written() == before, f"To {verb} twice is to {verb} once."
            return
        steps = list(self._steps(case.pk).values_list("action", "at", "actor"))[self._count(before, case.pk) :]
        expected = [verb, "escalate"] if verb == "reopen" and reopenings >= 1 and len(steps) == 2 else [verb]
        assert steps == [(step, self.now, trail.actor_of(by)) for step in expected]
        if by is not None:
            newest = max((row[0] for row in before["Message"]), default=0)
            assert not Message.objects.filter(pk__gt=newest, recipient=by).exists(), "Told what they did themselves."

    @rule(wait=WAITS, how=st.sampled_from(["with every sweep", "with one late sweep", "unswept"]))
    def time_passes(self, wait: timedelta, how: str) -> None:
        if how == "unswept":
            self.now += wait
        else:
            self._sweep(self.life.run_until if how == "with every sweep" else clock.sweep, wait)

    def _sweep(self, sweep: Callable[[datetime], clock.Swept], wait: timedelta) -> None:
        known = Entry.objects.count()
        self.life.now, self.now = self.now, self.now + wait
        swept = sweep(self.now)
        assert swept.failed == 0, list(Deadline.objects.exclude(error="").values_list("kind", "error"))
        assert {entry.actor for entry in Entry.objects.order_by("pk")[known:]} <= {trail.actor_of(self.cast.clock)}

    # --- what always holds ------------------------------------------------------------------------------------------

    @invariant()
    def every_case_is_sound(self) -> None:
        assert [str(fault) for fault in integrity.faults()] == []

    @invariant()
    def the_journal_is_whole(self) -> None:
        """Looked at every fifth step and at the end: it is only ever added to, so no fault can heal in between."""
        self.steps_taken += 1
        if self.steps_taken % 5 == 0:
            self._verify()

    def _verify(self) -> None:
        report = trail.verify()
        assert report.ok, [str(fault) for fault in report.faults]

    # --- helpers ----------------------------------------------------------------------------------------------------

    def _person(self, who: str) -> User | None:
        return None if who == "the customer" else getattr(self.cast, who)

    def _case(self, which: int) -> Case:
        related = ("team__level", "team__department", "level")
        return Case.objects.select_related(*related).get(pk=self.cases[which % len(self.cases)])

    def _steps(self, pk: int) -> Any:
        return Entry.objects.filter(subject=f"cases.case:{pk}").order_by("sequence")

    def _count(self, before: dict[str, list[tuple[Any, ...]]], pk: int) -> int:
        subject = [field.name for field in Entry._meta.concrete_fields].index("subject")
        return sum(row[subject] == f"cases.case:{pk}" for row in before["Entry"])

    def _form(self, data: st.DataObject, verb: str, case: Case) -> dict[str, Any]:
        form = data.draw(FORMS.get(verb, st.just({})))
        if verb in BLANKS and data.draw(st.integers(0, 9)) == 0:
            form = form | {BLANKS[verb]: ""}
        if form.get("team"):
            form = form | {"team": self.cast.team(form["team"])}
        if "owner" in form:
            form = form | {"owner": getattr(self.cast, form["owner"])}
        if verb == "hold":
            form = {"until": self.now + timedelta(hours=form["hours"])}
        if verb == "attach":
            form = form | {"files": [sent(f"{name}.txt", name.encode()) for name in form["files"]]}
        if verb == "merge":
            form = {"into": self._case(data.draw(st.integers(0, MOST_CASES - 1)))}
        if verb == "link" or form.get("outcome") == "DUPLICATE":
            other = self._case(data.draw(st.integers(0, MOST_CASES - 1)))
            form = form | {"other" if verb == "link" else "duplicate_of": other}
        return form


def test_whatever_happens_every_case_stays_sound(cast: Cast) -> None:
    CaseMachine.cast = cast
    run_state_machine_as_test(CaseMachine, settings=PROFILE)
