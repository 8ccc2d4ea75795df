"""Time and statements of each verb on one case, as a screen calls it: one transaction, letters included."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from stage import NOW, median_ms, receive, stage, statements

from apps.audit.models import Source
from apps.cases import actions
from apps.cases.ledger import one_case
from apps.people.models import User
from apps.policy.models import ChecklistItem

CASES = 30


def do(verb: str, left: Iterator[int], *, username: str, now: datetime, form: dict[str, Any]) -> None:
    """The verb on the next of the cases that are left."""
    person = User.objects.get(username=username)
    with one_case(next(left), source=Source.DESK) as (case, book):
        getattr(actions, verb)(case, book, by=person, now=now, **form)


with stage():
    ticked = list(ChecklistItem.objects.values_list("pk", flat=True))
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("respond", "operator", {"told": "折り返します。"}),
        ("escalate", "operator", {"kind": "FUNCTIONAL", "reason": "判断できない。", "checklist": ticked}),
        ("accept", "responder", {}),
        ("hand_over", "responder", {"owner": User.objects.get(username="kobayashi"), "reason": "交代する。"}),
        ("note", "kobayashi", {"text": "経理に確認中。"}),
        ("hold", "kobayashi", {"waiting_for": "CUSTOMER", "until": NOW + timedelta(days=2)}),
        ("resume", "kobayashi", {}),
        (
            "resolve",
            "kobayashi",
            {
                "outcome": "SOLVED",
                "resolution": "取り消した。",
                "cause": "二重起動。",
                "prevention": "検査を加えた。",
                "checklist": ticked,
            },
        ),
        ("confirm", "operator", {"satisfaction": 5}),
        ("review", "lead", {"verdict": "APPROPRIATE", "worked": True, "may_recur": False, "thanks": "助かりました。"}),
    ]
    receive(1)  # the rulebook is read
    count = statements(lambda: receive(1)) - 2  # to read the person and the team is not the verb's
    print(f"{'receive':<10} {median_ms(lambda: receive(1), CASES):7.1f} ms {count:3} statements")
    ids = receive(CASES + 1)
    for minute, (verb, username, form) in enumerate(steps, start=1):
        act = partial(do, verb, iter(ids), username=username, now=NOW + timedelta(minutes=minute), form=form)
        count = statements(act) - 1  # to read the person is not the verb's
        print(f"{verb:<10} {median_ms(act, CASES):7.1f} ms {count:3} statements")
