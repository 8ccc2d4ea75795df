"""Reporting: what is typed becomes a case, once; what is missing is said next to the field, and nothing is lost."""

import re
import threading
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from apps.audit.models import Entry
from apps.cases.models import Attachment, Case
from apps.desk import limits, sending
from apps.desk.forms import ReportForm
from apps.desk.models import SentReport
from apps.notifications.models import Message
from apps.people.models import Department
from apps.policy.rulebook import current_version_id, get_rulebook
from tests.cases.test_files import PNG
from tests.desk.conftest import TYPED

pytestmark = pytest.mark.django_db


def typed(cast, **changes):
    department = cast.team("phone-desk").department_id
    return TYPED | {"token": str(uuid.uuid4()), "department": department} | changes


def test_the_report_becomes_a_case_of_the_reporters_first_line_team(as_user, cast):
    answer = as_user(cast.operator).post("/report/", typed(cast), follow=True)

    case = Case.objects.get()
    assert answer.redirect_chain == [(f"/cases/{case.number}/", 302)]
    assert f"Thank you for reporting it. It is {case.number} now." in answer.content.decode()
    # the sign of danger escalated it at once: it is in nobody's hands at the phone desk any more
    assert (case.subject, case.reporter, case.priority, case.state) == (
        TYPED["subject"],
        cast.operator,
        "P2",
        "ESCALATED",
    )
    assert case.team == cast.team("system-operations")
    assert (case.amount, case.flags, case.customer_email) == (Decimal(48000), ["SAME_FAULT"], "customer@example.com")
    assert Entry.objects.filter(action="receive").get().source == "DESK"


def test_photos_come_with_the_report_and_a_refused_one_is_named(as_user, cast):
    operator = as_user(cast.operator)
    photos = [SimpleUploadedFile("レジ1.png", PNG), SimpleUploadedFile("レジ2.png", PNG + b"2")]

    refused = operator.post("/report/", typed(cast, files=[*photos, SimpleUploadedFile("a.exe", b"MZ")]))
    assert not Case.objects.exists()
    assert list(refused.context["form"].errors) == ["files"]
    assert "“a.exe” is of a kind that is not taken." in refused.content.decode()
    for photo in photos:
        photo.seek(0)
    operator.post("/report/", typed(cast, files=photos))

    rows = Attachment.objects.order_by("name").values_list("case__reporter", "name", "visibility")
    assert list(rows) == [(cast.operator.pk, "レジ1.png", "REPORTER"), (cast.operator.pk, "レジ2.png", "REPORTER")]
    entry = Entry.objects.get(action="receive")
    assert len(entry.details["files"]) == 2


def test_a_lead_of_two_teams_reports_from_the_one_nearest_to_the_customer(as_user, cast):
    as_user(cast.lead).post("/report/", typed(cast, flags=[]))

    case = Case.objects.get()
    assert (case.team, case.owner) == (cast.team("phone-desk"), cast.lead)


def test_what_is_missing_is_said_next_to_the_field_and_everything_typed_is_kept(as_user, cast):
    answer = as_user(cast.operator).post("/report/", typed(cast, subject=" ", urgency="", amount="たくさん"))

    html = answer.content.decode()
    assert not Case.objects.exists()
    assert [(name, list(errors)) for name, errors in answer.context["form"].errors.items()] == [
        ("subject", ["Please fill in “In one line”."]),
        ("urgency", ["Please choose one: “How soon must something happen?”"]),
        ("amount", ["Enter a number."]),
    ]
    assert 'id="id_subject_error"' in html
    assert TYPED["facts"] in html
    assert "たくさん" in html
    assert re.search(r'value="SAME_FAULT"[^>]*checked', html)
    assert re.search(r'<details class="more" open>\s*<summary>[^<]*</summary>(?s:.)*id_amount', html)


def test_the_same_form_sent_twice_makes_one_case(as_user, cast):
    client, form = as_user(cast.operator), typed(cast)

    first, second = client.post("/report/", form), client.post("/report/", form)

    assert first.url == second.url
    assert (Case.objects.count(), SentReport.objects.count()) == (1, 1)


def test_a_form_changed_after_going_back_is_not_swallowed(as_user, cast):
    client, form = as_user(cast.operator), typed(cast)
    client.post("/report/", form)
    number = Case.objects.get().number

    answer = client.post("/report/", form | {"subject": "別の困りごと"})

    assert f"This form was sent before and became {number}." in answer.content.decode()
    assert Case.objects.count() == 1
    renewed = answer.context["form"]["token"].value()
    again = client.post("/report/", form | {"subject": "別の困りごと", "token": renewed})
    assert again.status_code == 302
    assert sorted(Case.objects.values_list("subject", flat=True)) == sorted([TYPED["subject"], "別の困りごと"])


def test_the_token_of_somebody_else_is_worth_nothing(as_user, cast):
    form = typed(cast)
    as_user(cast.operator).post("/report/", form)

    as_user(cast.tanaka).post("/report/", form)

    assert Case.objects.count() == 2


@pytest.mark.parametrize("token", ["", "nonsense", "00000000-0000-0000-0000-00000000000g"])
def test_a_form_without_its_token_gets_a_new_one_and_keeps_what_was_typed(as_user, cast, token):
    answer = as_user(cast.operator).post("/report/", typed(cast, token=token))

    assert not Case.objects.exists()
    html = answer.content.decode()
    assert "Nothing is lost: please send it again." in html
    assert TYPED["facts"] in html
    assert uuid.UUID(answer.context["form"]["token"].value())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_at_the_same_moment_makes_one_case(cast):
    team, token, numbers = cast.team("phone-desk"), uuid.uuid4(), []
    sheet = {
        "subject": "同時", "facts": "同時に二度", "impact": "ONE", "urgency": "LOW",
        "department": Department.objects.get(pk=team.department_id),
    }  # fmt: skip
    start = threading.Barrier(4)

    def press():
        start.wait()
        try:
            numbers.append(sending.send(token, sheet, by=cast.operator, team=team, now=timezone.now()).number)
        finally:
            connection.close()

    thumbs = [threading.Thread(target=press) for _ in range(4)]
    for thumb in thumbs:
        thumb.start()
    for thumb in thumbs:
        thumb.join()

    assert numbers == [Case.objects.get().number] * 4


def test_an_auditor_is_told_why_they_cannot_report(as_user, cast):
    answer = as_user(cast.auditor).get("/report/")

    assert answer.status_code == 403
    assert "this account only reads" in answer.content.decode()


def test_moments_that_cannot_be_are_questioned(as_user, cast):
    local = timezone.localtime()
    answer = as_user(cast.operator).post(
        "/report/",
        typed(
            cast,
            occurred_at=f"{local + timedelta(days=1):%Y-%m-%dT%H:%M}",
            wanted_by=f"{local - timedelta(days=1):%Y-%m-%dT%H:%M}",
        ),
    )

    assert sorted(answer.context["form"].errors) == ["occurred_at", "wanted_by"]


@pytest.mark.parametrize(("typed_amount", "yen"), [("48,000円", 48000), ("¥ 1,200", 1200), ("３００", 300), ("", None)])
def test_an_amount_is_read_as_people_write_it(typed_amount, yen):
    assert ReportForm.base_fields["amount"].clean(typed_amount) == yen


def test_every_field_of_the_sheet_has_its_place_and_an_example():
    placed = [name for _title, names, more in ReportForm.SECTIONS for name in (*names, *more)]

    assert sorted([*placed, "files", "token"]) == sorted(ReportForm.base_fields)
    assert [n for n in placed if "e.g." not in str(ReportForm.base_fields[n].help_text)] == []


# --- what is wanted of others -----------------------------------------------------------------------------------------


def test_who_can_settle_it_keeps_it(as_user, cast):
    as_user(cast.operator).post("/report/", typed(cast, flags=[], intent="REPORT"))

    case = Case.objects.get()
    assert (case.state, case.owner, case.updates.count()) == ("RECEIVED", cast.operator, 0)


@pytest.mark.parametrize(
    ("intent", "text"), [("INFORM", "For your information."), ("CONSULT", "Advice wanted: Which price is right?")]
)
def test_the_lead_is_told_or_asked_and_the_case_stays(as_user, cast, intent, text):
    sent = typed(cast, flags=[], intent=intent, stuck_on="Which price is right?")
    as_user(cast.operator).post("/report/", sent)

    case = Case.objects.get()
    assert (case.state, case.owner) == ("RECEIVED", cast.operator)
    assert [update.text for update in case.updates.all()] == [text]
    told = Message.objects.filter(about=f"cases.case:{case.pk}", key="mentioned").values_list("recipient__username")
    assert list(told) == [("lead",)]


def test_who_cannot_settle_it_passes_it_on_in_the_same_step(as_user, cast):
    ticked = cast.checklist("ESCALATE")
    sent = typed(cast, flags=[], intent="ESCALATE", stuck_on="ログを見る権限がない。", checklist=ticked)
    as_user(cast.operator).post("/report/", sent)

    case = Case.objects.get()
    assert (case.state, case.team, case.owner) == ("ESCALATED", cast.team("support-leaders"), None)
    assert case.hand_offs.get().reason == "ログを見る権限がない。"


def test_passing_it_on_without_the_checklist_makes_no_case_and_loses_nothing(as_user, cast):
    answer = as_user(cast.operator).post("/report/", typed(cast, intent="ESCALATE", stuck_on="権限がない。"))

    assert not Case.objects.exists()
    html = answer.content.decode()
    assert "Please check first:" in html
    assert "権限がない。" in html
    assert TYPED["facts"] in html


def test_asking_without_a_question_is_refused_at_its_field(as_user, cast):
    answer = as_user(cast.operator).post("/report/", typed(cast, intent="CONSULT"))

    assert list(answer.context["form"].errors) == ["stuck_on"]


def test_the_script_is_told_where_the_case_is(as_user, cast):
    client = as_user(cast.operator)

    sent = client.post("/report/", typed(cast), headers={"accept": "application/json"})
    refused = client.post("/report/", typed(cast, facts=""), headers={"accept": "application/json"})

    assert (sent.status_code, sent.json()) == (201, {"url": f"/cases/{Case.objects.get().number}/"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (200, ["facts"])


def test_what_follows_from_the_answers_is_said_beforehand(cast):
    with override("en"):
        said = limits.by_answer(get_rulebook(current_version_id()))
        flagged = limits.by_flag(get_rulebook(current_version_id()))

    assert len(said) == 12
    assert said["SOME.HIGH"] == (
        "P2 high: first answer within 15 min; after 1 h it goes to “Second line and leads” by itself"
    )
    assert flagged["LEGAL"] == (
        "at least P1 highest; escalated at once to level 3, Specialists, with the skill Legal; the Lead there is told as well"
    )
    assert said["ONE.LOW"].startswith("P4 low: first answer within 8 h of business hours; after 24 h of business hours")
