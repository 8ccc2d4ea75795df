"""The case page: who sees it, what they read there, and every verb through its dialog."""

import pytest
from django.utils.html import escape

from apps.cases.models import Case, State, Visibility
from apps.cases.verbs import VERBS, fingerprint
from apps.desk.timeline import updates_for
from apps.people.models import User
from apps.policy.models import ChecklistItem
from tests.cases.life import everything

pytestmark = pytest.mark.django_db


def ticked(verb):
    """The checklist as a case without a kind has it."""
    return list(ChecklistItem.objects.filter(verb=verb, category=None).values_list("pk", flat=True))


def page(case, verb=""):
    return f"/cases/{case.number}/{verb}/" if verb else f"/cases/{case.number}/"


def test_the_operators_whole_flow(as_user, cast, life):
    """Answered, escalated, sent back with advice, escalated again, accepted, settled."""
    case = life.received(impact="SOME")
    operator, lead = as_user(cast.operator), as_user(cast.lead)
    checked = ticked("ESCALATE")

    operator.post(page(case, "respond"), {"told": "折り返しますとお伝えした。"})
    operator.post(page(case, "escalate"), {"kind": "FUNCTIONAL", "reason": "ログを見られない。", "checklist": checked})
    assert Case.objects.get().state == State.ESCALATED
    assert case.number in lead.get("/").content.decode()
    lead.post(page(case, "send_back"), {"advice": "端末の番号もあると助かります。"})
    html = operator.get(page(case)).content.decode()
    assert "Advice, with thanks for the report" in html
    assert "端末の番号もあると助かります。" in html
    operator.post(page(case, "escalate"), {"kind": "FUNCTIONAL", "reason": "番号は3番。", "checklist": checked})
    lead.post(page(case, "accept"))
    assert "美咲 高橋 of Support leaders is working on it." in operator.get(page(case)).content.decode()
    answer = lead.post(
        page(case, "resolve"),
        {
            "outcome": "SOLVED", "resolution": "設定を戻した。", "cause": "更新の失敗", "prevention": "更新前の確認",
            "checklist": ticked("RESOLVE"),
        },
        follow=True,
    )  # fmt: skip

    assert "Recorded: Resolve." in answer.content.decode()
    assert "設定を戻した。" in operator.get(page(case)).content.decode()
    assert life.journal(case) == [
        ("operator", "receive", "", "RECEIVED"),
        ("operator", "respond", "RECEIVED", "RECEIVED"),
        ("operator", "escalate", "RECEIVED", "ESCALATED"),
        ("lead", "send_back", "ESCALATED", "RECEIVED"),
        ("operator", "escalate", "RECEIVED", "ESCALATED"),
        ("lead", "accept", "ESCALATED", "IN_PROGRESS"),
        ("lead", "resolve", "IN_PROGRESS", "RESOLVED"),
    ]


@pytest.mark.parametrize("verb", VERBS)
def test_a_foreign_case_is_not_there(as_user, cast, life, verb):
    case = life.in_progress(confidential=True)
    shop, before = as_user(cast.shop), everything(but=[User])

    answers = [
        shop.get(page(case)),
        shop.get(page(case, verb)),
        shop.post(page(case, verb), {"reason": "x", "text": "x"}),
        shop.get(f"/cases/ESC-2026-999999/{verb}/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert everything(but=[User]) == before


@pytest.mark.parametrize("verb", VERBS)
def test_looking_at_a_dialog_changes_nothing(as_user, cast, life, verb):
    case = life.in_progress()
    before = everything(but=[User])

    answer = as_user(cast.responder).get(page(case, verb))

    assert answer.status_code == 200
    assert everything(but=[User]) == before


def test_an_unknown_verb_is_not_there(as_user, cast, life):
    case = life.received()

    assert as_user(cast.operator).post(page(case, "delete")).status_code == 404


def test_only_legal_verbs_have_a_button(as_user, cast, life):
    case = life.escalated()

    reporter = as_user(cast.operator).get(page(case))
    responder = as_user(cast.responder).get(page(case))

    assert [spec.name for spec in reporter.context["verbs"]] == ["note", "attach", "escalate", "link"]
    assert [spec.name for spec in responder.context["verbs"]] == [
        "accept",
        "send_back",
        "note",
        "attach",
        "escalate",
        "link",
    ]


def test_a_refusal_is_shown_in_the_dialog_with_everything_kept(as_user, cast, life):
    case = life.received()
    before = everything(but=[User])

    answer = as_user(cast.operator).post(page(case, "escalate"), {"kind": "HIERARCHICAL", "reason": "判断が必要です。"})

    html = answer.content.decode()
    assert "Please check first:" in html
    assert '<dialog class="verb" open' in html
    assert "判断が必要です。" in html
    assert everything(but=[User]) == before


def test_who_came_too_late_is_told_and_may_look_again(as_user, cast, life):
    """Two of the team look at the same case; one accepts it, the other's button then refuses with a sentence."""
    case = life.escalated()
    seen = fingerprint(case)
    life.do("accept", case, by=cast.responder)
    before = everything(but=[User])

    answer = as_user(cast.kobayashi).post(page(case, "accept"), {"seen": seen})

    assert "in that state it cannot be done: Accept." in answer.content.decode()
    assert not answer.context["dialog"].is_offered
    assert everything(but=[User]) == before


@pytest.mark.django_db(transaction=True)  # the refusal comes from within the Book, whose transaction ends with it
def test_a_case_that_moved_meanwhile_can_be_decided_anew_at_once(as_user, cast, life):
    case = life.in_progress()
    seen = fingerprint(case)
    life.do("hand_over", case, by=cast.responder, owner=cast.kobayashi)
    lead, form = as_user(cast.lead), {"kind": "HIERARCHICAL", "reason": "急ぐ。", "checklist": ticked("ESCALATE")}

    first = lead.post(page(case, "escalate"), form | {"seen": seen})
    second = lead.post(page(case, "escalate"), form | {"seen": first.context["dialog"].form["seen"].value()})

    assert "has moved on" in first.content.decode()
    assert second.status_code == 302


def test_who_passes_a_confidential_case_on_lands_where_they_may_be(as_user, cast, life):
    case = life.received(confidential=True, by=cast.tanaka, owner=cast.operator)

    answer = as_user(cast.operator).post(
        page(case, "escalate"), {"kind": "FUNCTIONAL", "reason": "秘密", "checklist": ticked("ESCALATE")}
    )

    assert answer.url == "/"


def test_what_people_write_is_text(as_user, cast, life):
    evil = "<script>alert(1)</script>"
    case = life.received(subject=evil, facts=evil, customer=evil, place=evil)
    life.do("note", case, by=cast.operator, text=evil, visibility=Visibility.REPORTER)
    client = as_user(cast.operator)

    for path in (page(case), "/", "/cases/", page(case, "note")):
        html = client.get(path).content.decode()
        assert evil not in html
        assert escape(evil) in html


class TestWhoReadsWhat:
    @pytest.fixture
    def case(self, cast, life):
        """Notes of both lines; the case is back in the hands of the first."""
        case = life.received()
        life.do("note", case, by=cast.tanaka, text="first line, internal")
        life.do("escalate", case, by=cast.operator)
        life.do("note", case, by=cast.responder, text="second line, internal")
        life.do("note", case, by=cast.responder, text="for the reporter", visibility=Visibility.REPORTER)
        life.do("note", case, by=cast.responder, text="for the customer", visibility=Visibility.CUSTOMER)
        return case

    @staticmethod
    def read(case, reader):
        return [update.text for update in updates_for(Case.objects.get(pk=case.pk), reader)]

    def test_an_operator_whose_team_has_passed_it_on(self, case, cast):
        assert self.read(case, cast.operator) == ["for the reporter", "for the customer"]

    def test_an_operator_reads_what_they_wrote_themselves(self, case, cast):
        assert self.read(case, cast.tanaka) == ["first line, internal", "for the reporter", "for the customer"]

    def test_an_operator_whose_team_holds_it_reads_the_teams_own_notes(self, case, cast, life):
        life.do("send_back", case, by=cast.responder, advice="advice")

        assert self.read(case, cast.operator) == [
            "first line, internal", "for the reporter", "for the customer", "advice",
        ]  # fmt: skip

    @pytest.mark.parametrize("name", ["responder", "lead", "manager", "auditor", "admin"])
    def test_the_others_read_all(self, case, cast, name):
        assert self.read(case, getattr(cast, name)) == [
            "first line, internal", "second line, internal", "for the reporter", "for the customer",
        ]  # fmt: skip


def test_the_reporter_is_not_told_why_others_passed_the_case_on(as_user, cast, life):
    case = life.in_progress()
    life.do("escalate", case, by=cast.responder, kind="HIERARCHICAL", reason="権限の内輪の事情")

    assert "権限の内輪の事情" not in as_user(cast.operator).get(page(case)).content.decode()
    assert "権限の内輪の事情" in as_user(cast.responder).get(page(case)).content.decode()


def test_thanks_and_lesson_reach_the_reporter(as_user, cast, life):
    case = life.reviewed()

    html = as_user(cast.operator).get(page(case)).content.decode()

    assert "早い報告をありがとうございました。" in html
    assert "発行前に番号を照合する。" in html


def test_a_related_case_that_one_may_not_see_is_not_named(as_user, cast, life):
    other = life.received(by=cast.tanaka, subject="秘密の案件", confidential=True, team=cast.team("sales-desk"))
    case = life.received()
    life.do("link", case, by=cast.operator, kind="PARENT", other=other)

    assert "秘密の案件" not in as_user(cast.operator).get(page(case)).content.decode()
    assert "秘密の案件" in as_user(cast.tanaka).get(page(case)).content.decode()
