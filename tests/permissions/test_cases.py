"""Who sees which case, by which road, and who may do what to it. A new page about a case is one more row in PAGES."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from apps.cases import files, verbs
from apps.cases.admin import bulk
from apps.cases.models import Case
from apps.people.models import User
from tests.cases.life import everything
from tests.cases.test_files import PNG
from tests.permissions.conftest import VISITORS, Stage, another

CASES = ("ours", "theirs", "secret", "their_secret")

# Which cases each visitor may read, and therefore finds in every list (product.md, "Who uses it").
SEES = {
    #            ours   theirs secret their_secret
    "nobody":    (),
    "operator":  ("ours",          "secret"),  # reported both
    "responder": ("ours",          "secret"),
    "lead":      ("ours",          "secret"),
    "manager":   ("ours",),                    # the head of the tree, but not named in the confidential one
    "outsider":  (         "theirs",),         # another department's manager
    "policy":    (),
    "auditor":   CASES,
    "admin":     CASES,
}  # fmt: skip

# Pages about one case: (address, needs the admin). Who sees the case gets 200, who does not 404.
PAGES = {
    "case page":               ("/admin/cases/case/{pk}/change/", True),
    "case page with a dialog": ("/admin/cases/case/{pk}/change/?dialog=note", True),
    "history":                 ("/admin/cases/case/{pk}/history/", True),
    "older version":           ("/admin/cases/case/{pk}/history/{version}/", True),
    "sheet on paper":          ("/admin/cases/case/{pk}/print/", True),
    "attachment":              ("/attachments/{attachment}/", False),
    "desk page":               ("/cases/{number}/", False),
    "desk dialog":             ("/cases/{number}/note/", False),
}  # fmt: skip

# Lists: (address, what leads from a row to the number of its case).
LISTS = {
    "clocks":    ("/admin/cases/deadline/", "case__number"),
    "hand-offs": ("/admin/cases/handoff/", "case__number"),
}  # fmt: skip

# The doors that a verb's form may be sent to, and whether they stand in the admin.
DOORS = {"/admin/cases/case/{pk}/{verb}/": True, "/cases/{number}/{verb}/": False}

# The verbs that go through, by visitor and case. All others are refused, and nothing is written.
TALK = "note attach link follow unfollow"
MAY: dict[str, dict[str, str]] = {
    "operator":  {"ours": f"escalate {TALK}", "secret": TALK},
    "responder": {"ours": f"accept send_back escalate {TALK}",
                  "secret": f"resolve escalate hand_over hold de_escalate merge {TALK}"},
    "lead":      {"ours": f"accept send_back escalate {TALK}",
                  "secret": f"escalate hand_over merge {TALK}"},
    "manager":   {"ours": f"escalate {TALK}"},
    "outsider":  {"theirs": f"escalate {TALK}"},
}  # fmt: skip


def seen(visitor: str, name: str) -> bool:
    return name in SEES[visitor]


def is_outside(visitor: str) -> bool:
    """Not let into the admin at all."""
    return visitor in ("nobody", "operator")


@pytest.mark.parametrize("visitor", VISITORS)
def test_pages_about_a_case_open_for_those_who_may_read_it(visitor: str, stage: Stage) -> None:
    client = stage.client(visitor)
    answers, expected = {}, {}
    sent = {name: attachment_of(case, stage) for name, case in stage.cases.items()}
    for page, (address, in_admin) in PAGES.items():
        for name, case in stage.cases.items():
            path = address.format(
                pk=case.pk, number=case.number, version=case.history.latest().pk, attachment=sent[name]
            )
            answers[page, name] = client.get(path).status_code
            turned_away = is_outside(visitor) if in_admin else visitor == "nobody"
            expected[page, name] = 302 if turned_away else 200 if seen(visitor, name) else 404
    assert answers == expected


@pytest.mark.parametrize("visitor", [visitor for visitor in VISITORS if not is_outside(visitor)])
def test_the_list_of_cases_and_its_saved_views_hold_what_one_may_read(visitor: str, stage: Stage) -> None:
    client = stage.client(visitor)
    for queue in ("all", "open", "teams", "overdue", "held", "review"):
        html = client.get("/admin/cases/case/", {"queue": queue}).text
        found = {name for name, case in stage.cases.items() if case.number in html}
        assert found <= set(SEES[visitor]), queue
        if queue in ("all", "open"):
            assert found == set(SEES[visitor]), queue


@pytest.mark.parametrize("visitor", VISITORS[1:])
def test_a_verb_for_many_does_nothing_to_a_case_that_one_may_not_read(visitor: str, stage: Stage) -> None:
    hidden = [case for name, case in stage.cases.items() if not seen(visitor, name)]
    before = everything(but=[User])
    rows = [bulk.row_value(case.pk, verbs.fingerprint(case)) for case in hidden]
    for verb in bulk.VERBS_FOR_MANY:
        data = {"verb": verb, "row": rows, "step": "do", "text": "x", "reason": "x", "kind": "FUNCTIONAL"}
        stage.client(visitor).post("/admin/cases/case/bulk/", data)
    assert everything(but=[User]) == before


@pytest.mark.parametrize("visitor", [visitor for visitor in VISITORS if not is_outside(visitor)])
def test_lists_hold_the_rows_of_cases_that_one_may_read(visitor: str, stage: Stage) -> None:
    client = stage.client(visitor)
    for address, to_number in LISTS.values():
        rows = client.get(address).context["cl"].queryset.values_list(to_number, flat=True)
        of_cases = {case.number for name, case in stage.cases.items() if seen(visitor, name)}
        with_rows = set(rows.model.objects.values_list(to_number, flat=True))  # the held ones have no hand-off
        assert set(rows) == of_cases & with_rows, address


@pytest.mark.parametrize("visitor", VISITORS[1:])
def test_search_finds_nothing_that_one_may_not_read(visitor: str, stage: Stage) -> None:
    client = stage.client(visitor)
    for name, case in stage.cases.items():
        html = client.get("/cases/", {"of": "team"}).text + client.get("/").text
        html += (
            client.get("/admin/cases/case/", {"q": case.number}, follow=True).text if not is_outside(visitor) else ""
        )
        if not seen(visitor, name):
            assert case.subject not in html


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("name", CASES)
def test_a_verb_goes_through_for_those_who_may_and_writes_nothing_for_others(
    name: str, visitor: str, stage: Stage
) -> None:
    """Through the admin's door and through the desk's, with a form that leaves nothing to complain about."""
    client, case = stage.client(visitor), stage.cases[name]
    twin = another(name, stage.cast, stage.life)
    before = everything(but=[User])
    for address, is_closed in DOORS.items():
        done, answers = [], set()
        for verb in verbs.VERBS:
            path = address.format(pk=case.pk, number=case.number, verb=verb)
            with transaction.atomic():
                response = client.post(path, form(stage, verb, case, twin))
                if response.status_code == 302 and "/login/" not in response["Location"]:
                    done.append(verb)
                    transaction.set_rollback(True)
                else:
                    answers.add(response.status_code)
        closed = visitor == "nobody" or (is_closed and is_outside(visitor))
        turned_away = 403 if visitor == "auditor" else 200 if seen(visitor, name) else 404
        assert sorted(done) == ([] if closed else sorted(MAY.get(visitor, {}).get(name, "").split())), address
        assert answers == {302 if closed else turned_away}, address
    assert everything(but=[User]) == before


def form(stage: Stage, verb: str, case: Case, twin: Case) -> dict[str, Any]:
    """The verb's form filled in, as a browser sends it."""
    data = stage.life.form(verb, case, now=timezone.now())
    fields = verbs.VERBS[verb].form(case=case, user=stage.cast.lead).fields
    if "checklist" in fields:
        data["checklist"] = [value for value, _label in fields["checklist"].choices]
    match verb:
        case "hand_over":
            to = {"sales-desk": ("sales-desk", stage.cast.salesmanager)}.get(
                case.team.code, ("support-leaders", stage.cast.kobayashi)
            )
            data["owner"] = f"{stage.cast.team(to[0]).pk}-{to[1].pk}"
        case "de_escalate":
            data["team"] = stage.cast.team("phone-desk").pk
        case "hold":
            data["until"] = f"{timezone.localtime() + timedelta(hours=2):%Y-%m-%dT%H:%M}"
        case "note":
            data["visibility"] = "INTERNAL"
        case "link":
            data |= {"kind": "PARENT", "other": twin.number}
        case "attach":
            data |= {"files": [SimpleUploadedFile("photo.png", PNG)], "visibility": "INTERNAL"}
        case "merge":
            data |= {"into": twin.number}
    return data


def attachment_of(case: Case, stage: Stage) -> Any:
    """A file that the case's reporter has sent."""
    stage.life.do("attach", case, by=case.reporter, files=[files.inspect(SimpleUploadedFile("photo.png", PNG))])
    return case.attachments.get().pk
