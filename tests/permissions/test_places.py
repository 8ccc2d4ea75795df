"""Every other page by visitor, read and written. A new page is one more row; the columns are VISITORS in their order.

ok    200
in    302 to where the work goes on: it was done
login 302 to the sign-in
no    403
gone  302 to the admin's first page (Django's "perhaps it was deleted"), or 404
405   not by this method
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from apps.audit.models import Chain, Entry
from apps.people.models import User
from tests.cases.life import everything
from tests.permissions.conftest import VISITORS, Stage

READ = """
                                             nobody operator responder lead  manager outsider policy auditor admin
/                                            login  ok       ok        ok    ok      ok       ok     ok      ok
/cases/                                      login  ok       ok        ok    ok      ok       ok     ok      ok
/report/                                     login  ok       ok        ok    ok      ok       ok     no      no
/contacts/                                   login  ok       ok        ok    ok      ok       ok     ok      ok
/rules/                                      login  ok       ok        ok    ok      ok       ok     ok      ok
/settings/                                   login  ok       ok        ok    ok      ok       ok     ok      ok
/admin/                                      login  login    ok        ok    ok      ok       ok     in      ok
/admin/cases/case/                           login  login    ok        ok    ok      ok       ok     ok      ok
/admin/cases/case/add/                       login  login    no        no    no      no       no     no      no
/admin/cases/deadline/                       login  login    ok        ok    ok      ok       ok     ok      ok
/admin/cases/deadline/{secret_clock}/change/ login  login    ok        ok    gone    gone     gone   ok      ok
/admin/cases/handoff/                        login  login    ok        ok    ok      ok       ok     ok      ok
/admin/cases/handoff/{secret_hand_off}/change/ login login   ok        ok    gone    gone     gone   ok      ok
/admin/notifications/message/                login  login    no        no    ok      ok       ok     ok      ok
/admin/notifications/message/{secret_message}/change/ login login no   no    gone    gone     ok     ok      ok
/admin/audit/entry/                          login  login    no        no    no      no       no     ok      ok
/admin/audit/entry/today/                    login  login    no        no    no      no       no     ok      ok
/admin/nearmiss/nearmiss/                    login  login    ok        ok    ok      ok       no     no      ok
/near-miss/                                  ok     ok       ok        ok    ok      ok       ok     ok      ok
/admin/audit/seal/                           login  login    no        no    no      no       no     ok      ok
/admin/people/user/                          login  login    no        no    ok      ok       ok     ok      ok
/admin/people/user/add/                      login  login    no        no    ok      ok       no     no      ok
/admin/people/user/{user}/change/            login  login    no        no    ok      ok       ok     ok      ok
/admin/people/user/{superuser}/change/       login  login    no        no    ok      ok       ok     ok      ok
/admin/people/user/{user}/password/          login  login    no        no    ok      ok       no     no      ok
/admin/people/user/{superuser}/password/     login  login    no        no    no      no       no     no      ok
/admin/people/user/{user}/history/           login  login    no        no    ok      ok       ok     ok      ok
/admin/people/user/import/                   login  login    no        no    ok      ok       no     no      ok
/admin/people/user/export/                   login  login    no        no    ok      ok       ok     ok      ok
/admin/people/department/                    login  login    no        no    ok      ok       ok     ok      ok
/admin/people/department/add/                login  login    no        no    ok      ok       no     no      ok
/admin/people/team/{team}/change/            login  login    no        no    ok      ok       ok     ok      ok
/admin/people/level/add/                     login  login    no        no    no      no       ok     no      ok
/admin/people/level/{level}/change/          login  login    no        no    ok      ok       ok     ok      ok
/admin/people/skill/                         login  login    no        no    ok      ok       ok     ok      ok
/admin/people/shift/add/                     login  login    no        no    ok      ok       no     no      ok
/admin/people/shift/{shift}/delete/          login  login    no        no    ok      ok       no     no      ok
/admin/people/user/{user}/delete/            login  login    no        no    no      no       no     no      no
/admin/policy/version/                       login  login    no        no    no      no       ok     ok      ok
/admin/policy/version/{draft}/change/        login  login    no        no    no      no       ok     ok      ok
/admin/policy/version/{published}/change/    login  login    no        no    no      no       ok     ok      ok
/admin/policy/calendar/add/                  login  login    no        no    no      no       ok     no      ok
/admin/policy/category/{category}/change/    login  login    no        no    no      no       ok     ok      ok
/admin/autocomplete/?app_label=people&model_name=membership&field_name=user login login no no ok ok ok ok ok
/admin/autocomplete/?app_label=people&model_name=team&field_name=department login login no no ok ok ok ok ok
"""

# Sent directly, without the page before it. What is not "in" wrote nothing at all.
WRITE = """
                                             nobody operator responder lead  manager outsider policy auditor admin
/admin/cases/case/add/                       login  login    no        no    no      no       no     no      no
/admin/cases/case/                           login  login    405       405   405     405      405    no      405
/admin/cases/deadline/{secret_clock}/change/ login  login    no        no    no      no       no     no      no
/admin/cases/handoff/{secret_hand_off}/delete/ login login   no        no    no      no       no     no      no
/admin/notifications/message/add/            login  login    no        no    no      no       no     no      no
/admin/notifications/message/{secret_message}/change/ login login no   no    no      no       no     no      no
/admin/notifications/message/{secret_message}/resend/ login login no   no    no      no       ok     no      ok
/admin/audit/entry/add/                      login  login    405       405   405     405      405    no      405
/admin/audit/entry/export/                   login  login    no        no    no      no       no     ok      ok
/admin/people/user/{user}/change/            login  login    no        no    in      in       no     no      in
/admin/people/user/{superuser}/change/       login  login    no        no    no      no       no     no      in
/admin/people/user/{user}/delete/            login  login    no        no    no      no       no     no      no
/admin/people/skill/add/                     login  login    no        no    in      in       no     no      in
/admin/people/skill/{skill}/change/          login  login    no        no    in      in       no     no      in
/admin/people/skill/{skill}/delete/          login  login    no        no    no      no       no     no      no
/admin/people/level/{level}/change/          login  login    no        no    no      no       in     no      in
/admin/people/shift/{shift}/delete/          login  login    no        no    in      in       no     no      in
/admin/people/user/import/                   login  login    no        no    ok      ok       no     no      ok
/admin/people/user/process_import/           login  login    no        no    in      in       no     no      in
/admin/policy/version/{draft}/publish/       login  login    no        no    no      no       ok     no      ok
/admin/policy/version/{published}/copy/      login  login    no        no    no      no       ok     no      ok
/admin/policy/version/{published}/change/    login  login    no        no    no      no       no     no      no
/admin/policy/version/{draft}/delete/        login  login    no        no    no      no       in     no      in
/admin/policy/version/{published}/delete/    login  login    no        no    no      no       no     no      no
"""

# What the forms above need, by the end of the address.
FORMS: dict[str, dict[str, Any]] = {
    "/admin/cases/case/": {"action": "delete_selected", "_selected_action": [1]},
    "user/{user}/change/": {"username": "operator", "language": "ja", "time_zone": "Asia/Tokyo", "is_active": "on",
                            "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0},
    "user/{superuser}/change/": {"username": "admin", "language": "ja", "time_zone": "Asia/Tokyo", "is_active": "on",
                                 "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0},
    "skill/add/": {"name": "通訳", "code": "interpreting"},
    "skill/{skill}/change/": {"name": "通訳", "code": "interpreting"},
    "level/{level}/change/": {"rank": 1, "name": "一次", "response_minutes": 15, "authority": "POLICY_ONLY"},
    "entry/export/": {"format": "csv"},
    "process_import/": {"import_file_name": "x", "original_file_name": "x", "format": "0", "resource": "0"},
    "resend/": {"_form_submitted": "on"},
    "publish/": {"_form_submitted": "on"},
    "copy/": {"_form_submitted": "on"},
    "delete/": {"post": "yes"},
}  # fmt: skip


def rows(table: str) -> dict[str, dict[str, str]]:
    heading, *lines = filter(None, (line.split() for line in table.splitlines()))
    assert tuple(heading) == VISITORS
    return {address: dict(zip(VISITORS, cells, strict=True)) for address, *cells in lines}


def word(response: Any) -> str:
    match response.status_code:
        case 302 if "/login/" in response["Location"]:
            return "login"
        case 302 if response["Location"] == "/admin/":
            return "gone"
        case 302:
            return "in"
        case code:
            return {200: "ok", 403: "no", 404: "gone"}.get(code, str(code))


def wrong(found: dict[str, str], table: str, visitor: str) -> dict[str, tuple[str, str]]:
    """Address: (found, expected), where the two differ."""
    expected = {address: cells[visitor] for address, cells in rows(table).items()}
    return {address: (found[address], expected[address]) for address in expected if found[address] != expected[address]}


@pytest.mark.parametrize("visitor", VISITORS)
def test_reading(visitor: str, stage: Stage, places: dict[str, object]) -> None:
    client = stage.client(visitor)
    before = everything(but=[User])
    found = {address: word(client.get(address.format(**places))) for address in rows(READ)}
    assert wrong(found, READ, visitor) == {}
    assert everything(but=[User]) == before


@pytest.mark.parametrize("visitor", VISITORS)
def test_writing(visitor: str, stage: Stage, places: dict[str, object]) -> None:
    client = stage.client(visitor)
    before = everything(but=[User, Entry, Chain])
    found = {}
    for address in rows(WRITE):
        data = next((form for end, form in FORMS.items() if address.endswith(end)), {})
        with transaction.atomic():
            found[address] = word(client.post(address.format(**places), data))
            if found[address] in ("in", "ok"):
                transaction.set_rollback(True)
    assert wrong(found, WRITE, visitor) == {}
    assert everything(but=[User, Entry, Chain]) == before


def test_a_message_about_a_confidential_case_shows_its_words_to_its_people_alone(
    stage: Stage, places: dict[str, object]
) -> None:
    subject, page = stage.cases["secret"].number, f"/admin/notifications/message/{places['secret_message']}/change/"
    listed = "/admin/notifications/message/"
    shown = {
        visitor: (subject in stage.client(visitor).get(page).text, subject in stage.client(visitor).get(listed).text)
        for visitor in ("manager", "policy", "auditor", "admin")
    }
    no, yes = (False, False), (True, True)
    assert shown == {"manager": no, "policy": no, "auditor": yes, "admin": yes}


@pytest.mark.parametrize(("visitor", "status"), [("policy", "QUEUED"), ("manager", "FAILED"), ("auditor", "FAILED")])
def test_sending_again_from_the_list_is_for_the_policy_owner(
    visitor: str, status: str, stage: Stage, places: dict[str, object]
) -> None:
    from apps.notifications.models import Message

    chosen = {"action": "resend_selected", "_selected_action": [places["secret_message"]]}
    stage.client(visitor).post("/admin/notifications/message/", chosen)
    assert Message.objects.get(pk=places["secret_message"]).status == status
