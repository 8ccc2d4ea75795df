"""State × verb × person: who may do what, when. The table is the specification; the test runs every cell through the real verb.

`yes`: the verb goes through. Anything else is the code of the refusal, which comes with a sentence and leaves no trace:
`state`: not in this state · `person`: not for this person · `held`, `not_held`: already, or not, on hold ·
`own`: nobody reviews their own case (`own_review`). A row with `state` alone is refused to everybody.
"""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.utils import translation

from apps.audit.models import Entry, Source
from apps.cases import actions
from apps.cases.checks import Refused
from apps.cases.ledger import one_case
from apps.cases.models import Case, Deadline, Follower, HandOff, Pause
from apps.people.models import User
from tests.cases.life import Cast, Life, all_tables

# Who stands where. The reporter works in another department, so that being the reporter is their only tie. On a case that
# waits to be accepted nobody is the owner: `owner` is who had it before.
FIRST_LINE = {"reporter": "shop", "owner": "operator", "member": "tanaka", "lead": "lead", "manager": "manager"}
WAITING = {"reporter": "shop", "owner": "operator", "member": "responder", "lead": "lead", "manager": "manager"}
SECOND_LINE = {"reporter": "shop", "owner": "responder", "member": "kobayashi", "lead": "lead", "manager": "manager"}
BESIDE = {"outsider": "specialist", "auditor": "auditor", "policy": "policy", "clock": "clock"}

TABLE = {
    "RECEIVED": """
             reporter    owner   member     lead  manager outsider  auditor   policy customer    clock
respond           yes      yes      yes      yes   person   person   person   person   person   person
escalate          yes      yes      yes      yes      yes   person   person   person   person      yes
accept          state
send_back       state
de_escalate     state
hand_over      person      yes   person      yes   person   person   person   person   person      yes
hold           person      yes   person   person   person   person   person   person   person   person
resume         person not_held   person   person   person   person   person   person   person not_held
resolve        person      yes   person   person   person   person   person   person   person   person
confirm         state
reopen          state
review          state
note              yes      yes      yes      yes      yes   person   person   person   person   person
link              yes      yes      yes      yes      yes   person   person   person   person   person
attach            yes      yes      yes      yes      yes   person   person   person   person   person
merge          person      yes   person      yes   person   person   person   person   person   person
follow            yes      yes      yes      yes      yes   person   person   person   person   person
unfollow          yes      yes      yes      yes      yes   person   person   person   person   person
""",
    "RECEIVED on hold": """
             reporter    owner   member     lead  manager outsider  auditor   policy customer    clock
respond           yes      yes      yes      yes   person   person   person   person   person   person
escalate          yes      yes      yes      yes      yes   person   person   person   person      yes
accept          state
send_back       state
de_escalate     state
hand_over      person      yes   person      yes   person   person   person   person   person      yes
hold           person     held   person   person   person   person   person   person   person   person
resume         person      yes   person   person   person   person   person   person   person      yes
resolve        person      yes   person   person   person   person   person   person   person   person
confirm         state
reopen          state
review          state
note              yes      yes      yes      yes      yes   person   person   person   person   person
link              yes      yes      yes      yes      yes   person   person   person   person   person
attach            yes      yes      yes      yes      yes   person   person   person   person   person
merge          person      yes   person      yes   person   person   person   person   person   person
follow            yes      yes      yes      yes      yes   person   person   person   person   person
unfollow          yes      yes      yes      yes      yes   person   person   person   person   person
""",
    "ESCALATED": """
             reporter    owner   member     lead  manager outsider  auditor   policy customer    clock
respond         state
escalate          yes   person      yes      yes      yes   person   person   person   person      yes
accept         person   person      yes      yes   person   person   person   person   person   person
send_back      person   person      yes      yes   person   person   person   person   person      yes
de_escalate     state
hand_over       state
hold            state
resume          state
resolve         state
confirm         state
reopen          state
review          state
note              yes   person      yes      yes      yes   person   person   person   person   person
link              yes   person      yes      yes      yes   person   person   person   person   person
attach            yes   person      yes      yes      yes   person   person   person   person   person
merge           state
follow            yes      yes      yes      yes      yes   person   person   person   person   person
unfollow          yes      yes      yes      yes      yes   person   person   person   person   person
""",
    "IN_PROGRESS": """
             reporter    owner   member     lead  manager outsider  auditor   policy customer    clock
respond         state
escalate       person      yes   person      yes      yes   person   person   person   person      yes
accept          state
send_back       state
de_escalate    person      yes   person   person   person   person   person   person   person      yes
hand_over      person      yes   person      yes   person   person   person   person   person      yes
hold           person      yes   person   person   person   person   person   person   person   person
resume         person not_held   person   person   person   person   person   person   person not_held
resolve        person      yes   person   person   person   person   person   person   person   person
confirm         state
reopen          state
review          state
note              yes      yes      yes      yes      yes   person   person   person   person   person
link              yes      yes      yes      yes      yes   person   person   person   person   person
attach            yes      yes      yes      yes      yes   person   person   person   person   person
merge          person      yes   person      yes   person   person   person   person   person   person
follow            yes      yes      yes      yes      yes   person   person   person   person   person
unfollow          yes      yes      yes      yes      yes   person   person   person   person   person
""",
    "IN_PROGRESS on hold": """
             reporter    owner   member     lead  manager outsider  auditor   policy customer    clock
respond         state
escalate       person      yes   person      yes      yes   person   person   person   person      yes
accept          state
send_back       state
de_escalate    person      yes   person   person   person   person   person   person   person      yes
hand_over      person      yes   person      yes   person   person   person   person   person      yes
hold           person     held   person   person   person   person   person   person   person   person
resume         person      yes   person   person   person   person   person   person   person      yes
resolve        person      yes   person   person   person   person   person   person   person   person
confirm         state
reopen          state
review          state
note              yes      yes      yes      yes      yes   person   person   person   person   person
link              yes      yes      yes      yes      yes   person   person   person   person   person
attach            yes      yes      yes      yes      yes   person   person   person   person   person
merge          person      yes   person      yes   person   person   person   person   person   person
follow            yes      yes      yes      yes      yes   person   person   person   person   person
unfollow          yes      yes      yes      yes      yes   person   person   person   person   person
""",
    "RESOLVED": """
             reporter    owner   member     lead  manager outsider  auditor   policy customer    clock
respond         state
escalate        state
accept          state
send_back       state
de_escalate     state
hand_over       state
hold            state
resume          state
resolve         state
confirm           yes      yes      yes      yes      yes   person   person   person      yes   person
reopen            yes      yes      yes      yes      yes   person   person   person      yes      yes
review            yes      own      yes      yes      yes   person   person   person   person   person
note              yes      yes      yes      yes      yes   person   person   person   person   person
link              yes      yes      yes      yes      yes   person   person   person   person   person
attach            yes      yes      yes      yes      yes   person   person   person   person   person
merge           state
follow            yes      yes      yes      yes      yes   person   person   person   person   person
unfollow          yes      yes      yes      yes      yes   person   person   person   person   person
""",
    "REVIEWED": """
             reporter    owner   member     lead  manager outsider  auditor   policy customer    clock
respond         state
escalate        state
accept          state
send_back       state
de_escalate     state
hand_over       state
hold            state
resume          state
resolve         state
confirm         state
reopen          state
review          state
note            state
link              yes      yes      yes      yes      yes   person   person   person   person   person
attach          state
merge           state
follow          state
unfollow          yes      yes      yes      yes      yes   person   person   person   person   person
""",
}
VERBS = (
    "respond", "escalate", "accept", "send_back", "de_escalate", "hand_over", "hold", "resume", "resolve", "confirm",
    "reopen", "review", "note", "link", "attach", "merge", "follow", "unfollow",
)  # fmt: skip
PLACES = (
    "reporter", "owner", "member", "lead", "manager", "outsider", "auditor", "policy", "customer", "clock",
)  # fmt: skip


def case_in(life: Life, situation: str) -> tuple[Case, dict[str, str]]:
    """A case in that situation, and who stands where to it."""
    cast = life.cast
    case = life.receive(by=cast.shop, owner=cast.operator, department=cast.team("phone-desk").department)
    if situation.startswith("RECEIVED"):
        if situation.endswith("on hold"):
            case = life.do("hold", case, by=cast.operator)
        return case, FIRST_LINE | BESIDE
    case = life.do("escalate", case, by=cast.operator)
    if situation == "ESCALATED":
        return case, WAITING | BESIDE
    case = life.do("accept", case, by=cast.responder)
    if situation == "IN_PROGRESS on hold":
        case = life.do("hold", case, by=cast.responder)
    if situation in ("RESOLVED", "REVIEWED"):
        case = life.do("resolve", case, by=cast.responder)
    if situation == "REVIEWED":
        case = life.do("review", case, by=cast.lead)
    return case, SECOND_LINE | BESIDE


def footprint(case: Case) -> tuple[object, ...]:
    """How many rows every table has, and all that the case consists of."""
    tables = sorted(model._meta.db_table for model in all_tables())
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', COUNT(*) FROM {table}" for table in tables))
        counts = sorted(cursor.fetchall())
    parts = (model.objects.filter(case=case).order_by("pk") for model in (Deadline, HandOff, Pause))
    return counts, Case.objects.filter(pk=case.pk).values().get(), [list(part.values()) for part in parts]


def attempt(life: Life, verb: str, case: Case, by: User | None, other: Case) -> str:
    """`yes`, or the refusal's code. It is caught inside the Book: had the verb decided anything before, that would be written."""
    form = life.form(verb, case, now=life.now)
    if verb == "link":
        form = {"kind": "PARENT", "other": other}
    elif verb == "merge":
        form = {"into": other}
    elif verb == "unfollow" and by is not None:
        Follower.objects.create(case=case, user=by, since=life.now)
    elif verb == "hand_over" and case.team.code == "phone-desk":
        form |= {"owner": life.cast.tanaka}
    refused = None
    with transaction.atomic():
        with one_case(case.pk, source=Source.ADMIN, also=[other.pk]) as (locked, book):
            try:
                getattr(actions, verb)(locked, book, by=by, now=life.now, **form)
            except Refused as refusal:
                refused = refusal
        if refused is None:
            assert Entry.objects.filter(subject=f"cases.case:{case.pk}").latest("sequence").action == verb
            transaction.set_rollback(True)
            return "yes"
    assert case.number in refused.sentence
    Follower.objects.filter(case=case).delete()
    return refused.code.removesuffix("_review")


def render(cells: dict[str, list[str]]) -> str:
    """As the tables above: a verb that the state refuses to everybody has one cell."""
    lines = [f"{'':12}" + "".join(f"{place:>9}" for place in PLACES)]
    for verb, row in cells.items():
        cells_of_row = ["state"] if set(row) == {"state"} else row
        lines.append(f"{verb:12}" + "".join(f"{cell:>9}" for cell in cells_of_row))
    return "\n".join(lines)


@pytest.mark.parametrize("situation", TABLE)
def test_every_cell_of_the_table(cast: Cast, life: Life, situation: str) -> None:
    other = life.escalated()  # which all who may merge can read
    case, who = case_in(life, situation)

    before, actual = footprint(case), {}
    with translation.override("en"):
        for verb in VERBS:
            people = [None if place == "customer" else getattr(cast, who[place]) for place in PLACES]
            actual[verb] = [attempt(life, verb, case, by, other) for by in people]
            assert footprint(case) == before, f"A refused {verb} left a trace."

    assert render(actual) == TABLE[situation].strip("\n")


WHO_MAY_REPORT = {
    "operator": "yes",
    "responder": "yes",
    "lead": "yes",
    "specialist": "yes",
    "manager": "yes",
    "director": "yes",
    "policy": "yes",
    "auditor": "person",
    "importer": "yes",
    "the customer": "yes",
}


def test_who_may_report_a_case(cast: Cast, life: Life) -> None:
    actual = {}
    for name in WHO_MAY_REPORT:
        try:
            with transaction.atomic():
                life.receive(by=None if name == "the customer" else getattr(cast, name))
            actual[name] = "yes"
        except Refused as refused:
            actual[name] = refused.code

    assert actual == WHO_MAY_REPORT
    assert Case.objects.count() == list(WHO_MAY_REPORT.values()).count("yes")


def test_a_refusal_names_the_case_and_the_reason_in_the_readers_language(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    def refusal(language: str, verb: str, by: User) -> str:
        with translation.override(language), pytest.raises(Refused) as caught, transaction.atomic():
            life.do(verb, case, by=by)
        return caught.value.sentence

    state = f"{case.number} is In progress; in that state it cannot be done: Accept."
    assert refusal("en", "accept", cast.lead) == state
    assert refusal("en", "resolve", cast.lead) == f"Resolve: for {case.number} this is open to the owner."
    assert case.number in refusal("ja", "accept", cast.lead)
    assert case.number in refusal("ja", "resolve", cast.lead)
