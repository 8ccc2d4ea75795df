"""The customer's page: one answer, by POST, and nothing internal on it."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import Entry
from apps.cases import confirmation
from apps.cases.models import Case, Confirmation, State
from tests.cases.life import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer():
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def case(life):
    return life.resolved()


def link(case, now=None):
    return "/confirm/" + confirmation.url(case, now or timezone.now()).partition("/confirm/")[2]


def test_opening_the_link_changes_nothing(customer, case):
    before = everything()

    answer = customer.get(link(case))

    assert answer.status_code == 200
    assert "重複した請求書を取り消した。" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert everything() == before


def test_nothing_internal_is_on_it(customer, cast, case, life):
    life.do("note", case, by=cast.responder, text="社内の話")

    html = customer.get(link(case)).content.decode().replace(link(case), "")
    html = re.sub(r'csrfmiddlewaretoken" value="\w+"', "", html)  # random letters may spell anything

    inside = ["社内の話", "発行処理が二度走った。", "一次対応では判断できない。"]
    hidden = [*inside, "鈴木", "一郎", "花子", "サポートリーダー", "P3"]
    assert [word for word in hidden if word in html] == []


def test_settled_with_a_rating(customer, case):
    answer = customer.post(link(case), {"answer": "settled", "satisfaction": "5"}, follow=True)

    case = Case.objects.get()
    assert (case.state, case.confirmation, case.satisfaction) == (State.RESOLVED, Confirmation.SETTLED, 5)
    assert "Thank you very much for your answer." in answer.content.decode()
    entry = Entry.objects.get(action="confirm")
    assert (entry.source, entry.actor) == ("LINK", "")


def test_settled_with_a_word(customer, case, cast, as_user):
    customer.post(link(case), {"answer": "settled", "words": "すぐに直って助かりました。"})

    assert Case.objects.get().confirmation == Confirmation.SETTLED
    assert "すぐに直って助かりました。" in as_user(cast.operator).get(f"/cases/{case.number}/").content.decode()


def test_settled_without_a_rating(customer, case):
    customer.post(link(case), {"answer": "settled"})

    assert (Case.objects.get().confirmation, Case.objects.get().satisfaction) == (Confirmation.SETTLED, None)


def test_not_settled_reopens_the_case_with_the_customers_words(customer, cast, case, life, as_user):
    answer = customer.post(link(case), {"answer": "not_settled", "reason": "また二通届いた。"}, follow=True)

    assert "We are working on it again" in answer.content.decode()
    case = Case.objects.get()
    assert (case.state, case.owner, case.reopenings) == (State.IN_PROGRESS, cast.responder, 1)
    assert life.journal(case)[-1] == ("", "reopen", "RESOLVED", "IN_PROGRESS")
    assert "また二通届いた。" in as_user(cast.operator).get(f"/cases/{case.number}/").content.decode()


def test_not_settled_wants_a_few_words(customer, case):
    before = everything()

    answer = customer.post(link(case), {"answer": "not_settled", "reason": " "})

    assert "Please tell us in a few words what is still wrong." in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("rating", ["6", "0", "x"])
def test_a_rating_beyond_the_five_is_refused(customer, case, rating):
    before = everything()

    assert customer.post(link(case), {"answer": "settled", "satisfaction": rating}).status_code == 200
    assert everything() == before


@pytest.mark.parametrize("answer", ["settled", "not_settled"])
def test_there_is_one_answer(customer, case, answer):
    customer.post(link(case), {"answer": "settled", "satisfaction": "5"})
    before = everything()

    second = customer.post(link(case), {"answer": answer, "satisfaction": "1", "reason": "x"})

    assert "Thank you very much for your answer." in second.content.decode()
    assert everything() == before


def test_an_old_link_does_not_answer_for_a_newer_resolution(customer, cast, case, life):
    old = link(case)
    life.do("reopen", case, by=None)
    life.do("resolve", case, by=cast.responder)
    before = everything()

    answers = [customer.get(old), customer.post(old, {"answer": "settled"})]

    assert ["There is a newer answer" in answer.content.decode() for answer in answers] == [True, True]
    assert everything() == before
    assert customer.get(link(Case.objects.get())).context["settled"]


def test_a_closed_case_asks_nothing_any_more(customer, cast, case, life):
    life.do("review", case, by=cast.lead)
    before = everything()

    answer = customer.post(link(case), {"answer": "not_settled", "reason": "x"})

    assert "This matter has been closed." in answer.content.decode()
    assert everything() == before


def test_a_late_answer_still_counts(customer, case, cast, life):
    life.run_until(timezone.now() + timedelta(days=20))
    assert Case.objects.get().confirmation == Confirmation.NO_ANSWER

    customer.post(link(case), {"answer": "settled"})

    assert Case.objects.get().confirmation == Confirmation.SETTLED


@pytest.mark.parametrize("token", ["broken", "日本語", "a:b:c", "."])
def test_a_broken_link_gets_a_kind_sentence(customer, token):
    answer = customer.get(f"/confirm/{token}/")

    assert answer.status_code == 404
    assert "This link is not complete. Please open it from the mail again." in answer.content.decode()


def test_an_expired_link_gets_a_kind_sentence(customer, case):
    old = link(case, timezone.now() - timedelta(days=31))

    assert "This link has expired." in customer.get(old).content.decode()
    assert "This link has expired." in customer.post(old, {"answer": "settled"}).content.decode()
    assert Case.objects.get().confirmation == ""


def test_a_token_changed_by_one_sign_is_broken(customer, case):
    token = link(case)
    changed = token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:]

    assert customer.get(changed).status_code == 404
