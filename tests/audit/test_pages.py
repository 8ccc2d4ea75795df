"""What the auditor reads: the journal in words, stories, differences, the past, and the numbers of today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from apps.audit import past, story, trail, words
from apps.audit.differences import by_character
from apps.audit.guards import history_models
from apps.audit.models import Entry
from apps.people.models import Membership, Role
from apps.policy.models import MatrixRow, Version
from tests.audit.adminpages import JOURNAL, PAST, STORY, TODAY, UNMASK, text
from tests.cases.adminpages import statements
from tests.cases.life import NOW, Cast, Life

AsUser = Callable[..., Client]


# --- the journal ------------------------------------------------------------------------------------------------------


def test_entries_are_told_in_words(auditor: Client, cast: Cast, life: Life) -> None:
    case = life.do("hand_over", life.in_progress(), by=cast.responder, owner=cast.kobayashi, reason="夜勤と交代する。")

    page = text(auditor.get(f"{JOURNAL}?action=hand_over").content)

    assert "2026年11月24日(火)" in page
    assert f"鈴木 一郎 管理画面 担当交代 案件 {case.number} 請求書が二重に届く 対応中 夜勤と交代する。" in page


def test_a_confidential_case_is_named_by_its_number_alone(auditor: Client, life: Life) -> None:
    case = life.received(confidential=True, subject="ハラスメントの相談")

    page = text(auditor.get(f"{JOURNAL}?kind=cases.case").content)

    assert f"{case.number} 機密" in page
    assert "ハラスメントの相談" not in page


def test_a_member_who_left_a_team_is_still_named(auditor: Client, cast: Cast) -> None:
    membership = Membership.objects.create(user=cast.shop, team=cast.team("legal"), role=Role.RESPONDER)
    membership.delete()

    page = text(auditor.get(f"{JOURNAL}?kind=people.membership&action=deleted").content)

    assert "削除 所属 中村 あかり – 法務(二次対応者)" in page


@pytest.mark.parametrize("typed", ["森", "auditor", "モリ チヒロ", "森 千尋 (auditor)"])
def test_a_person_is_found_by_any_of_their_names(typed: str, auditor: Client, cast: Cast, life: Life) -> None:
    life.received()

    form = auditor.get(JOURNAL, {"person": typed}).context["form"]

    assert (form.filters.actor, form.person_name) == (trail.actor_of(cast.auditor), "森 千尋 (auditor)")


def test_a_name_that_fits_nobody_or_several_is_answered_with_a_sentence(auditor: Client, cast: Cast) -> None:
    nobody = auditor.get(JOURNAL, {"person": "ゴドー"}).context["form"].errors["person"]
    several = auditor.get(JOURNAL, {"person": "田"}).context["form"].errors["person"]

    assert nobody == ["「ゴドー」という人は見つかりません。"]
    assert several[0].startswith("複数の人が当てはまります。お一人を選んでください:")
    assert "吉田 恵 (legal)" in several[0]


def test_names_are_offered_while_they_are_typed(auditor: Client, cast: Cast) -> None:
    answer = auditor.get(reverse("admin:audit_entry_people"), {"q": "鈴木"})

    assert answer.json() == {"people": ["鈴木 一郎 (responder)"]}


def test_a_search_finds_a_case_by_number_and_a_person_by_name(auditor: Client, cast: Cast, life: Life) -> None:
    case, other = life.received(), life.escalated()

    by_number = auditor.get(JOURNAL, {"q": case.number.lower()}).context["lines"]
    by_name = auditor.get(JOURNAL, {"q": "佐藤"}).context["lines"]

    assert [line.entry.subject for line in by_number] == [trail.subject_of(case)]
    assert {line.entry.subject for line in by_name} >= {trail.subject_of(case), trail.subject_of(other)}
    assert {line.who for line in by_name} == {"佐藤 花子"}


def test_who_acts_for_the_customer_and_the_customer_themselves(auditor: Client, cast: Cast, life: Life) -> None:
    life.do("confirm", life.resolved(), by=cast.responder)

    (line,) = auditor.get(f"{JOURNAL}?action=confirm").context["lines"]

    assert (line.who, line.behalf, line.door) == ("鈴木 一郎", "顧客に代わって", "管理画面")


def test_a_missed_limit_is_marked_and_found(auditor: Client, life: Life) -> None:
    case = life.received()
    life.run_until(NOW + timedelta(hours=2))

    lines = auditor.get(f"{JOURNAL}?breach=on").context["lines"]

    assert [(line.entry.subject, line.is_breach, dict(line.notes)["期限超過"]) for line in lines] == [
        (trail.subject_of(case), True, "初動回答")
    ]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "person=森",
        "kind=policy.",
        "action=escalate",
        "department=people.department:2",
        "breach=on",
        "q=佐藤",
        "q=1",
    ],
)
def test_a_page_needs_few_statements(query: str, auditor: Client, cast: Cast, life: Life) -> None:
    life.reviewed()
    Membership.objects.create(user=cast.shop, team=cast.team("legal"), role=Role.RESPONDER).delete()
    row = MatrixRow.objects.get(priority="P1", version=Version.objects.get().copy_as_draft())
    row.delete()

    assert statements(auditor, f"{JOURNAL}?{query}") <= 10
    assert statements(auditor, TODAY) <= 10


def test_every_thing_with_a_history_has_a_name_in_the_journal(cast: Cast) -> None:
    tracked = {model.instance_type._meta.label_lower for model in history_models()}

    others = {"nearmiss.nearmiss", "audit.redaction", "cases.attachment", "auth.group"}
    assert tracked | others == {kind.model for kind in words.kinds()}
    for kind in words.kinds():
        row = kind.table._base_manager.first()
        if row is not None:
            subject = trail.subject_of(row)
            assert words.names([subject])[subject] not in ("", subject)


# --- differences ------------------------------------------------------------------------------------------------------


def test_texts_are_compared_by_character() -> None:
    assert by_character("15分以内に返答", "20分以内に返答") == (
        "<del>15</del>分以内に返答",
        "<ins>20</ins>分以内に返答",
    )
    assert by_character("あいう", "かきく") == ("<del>あいう</del>", "<ins>かきく</ins>")
    assert by_character("<b>a</b>", "<b>ab</b>") == ("&lt;b&gt;a&lt;/b&gt;", "&lt;b&gt;a<ins>b</ins>&lt;/b&gt;")


def test_who_changed_a_rule_and_from_what_to_what(auditor: Client, cast: Cast) -> None:
    draft = Version.objects.get().copy_as_draft()
    row = MatrixRow.objects.get(priority="P1", version=draft)
    row.first_line_limit, row.means = 20, ["PHONE", "MAIL"]
    row._history_user = cast.policy
    row.save()

    (line,) = auditor.get(f"{JOURNAL}?kind=policy.&action=changed").context["lines"]
    page = auditor.get(f"{JOURNAL}{line.entry.pk}/change/")

    assert (line.who, line.subject, line.changed) == (
        "斎藤 学", f"P1 最優先(第{draft.number}版)", ["一次対応の上限(分)", "連絡手段"],
    )  # fmt: skip
    assert [(each.label, each.before, each.after) for each in page.context["differences"]] == [
        ("一次対応の上限(分)", "15", "20"),
        ("連絡手段", "電話、チャット、チケット", "電話、メール"),
    ]
    with translation.override("ja"):
        told = story.tell(trail.subject_of(draft))
    assert told is not None
    assert [step.line.who for step in told.steps if step.line and step.line.action == "変更"] == ["斎藤 学"]


# --- stories ----------------------------------------------------------------------------------------------------------


def test_the_story_of_a_case_has_everything(auditor: Client, cast: Cast, life: Life) -> None:
    case = life.do("hand_over", life.in_progress(), by=cast.responder, owner=cast.kobayashi, reason="夜勤と交代する。")

    answer = auditor.get(STORY, {"of": trail.subject_of(case)})
    page = text(answer.content)

    entries = [step.line.action for step in answer.context["story"].steps if step.line]
    assert entries == ["受付", "エスカレーション", "受諾", "担当交代"]
    assert "引き継ぎ:担当交代 鈴木 一郎 サポートリーダー (鈴木 一郎) → サポートリーダー (小林 翔太)" in page
    assert "担当者 鈴木 一郎 小林 翔太" in page
    assert "メール:" in page


def test_the_story_costs_the_same_however_long_it_is(auditor: Client, cast: Cast, life: Life) -> None:
    short, long = life.received(), life.in_progress()
    for _each in range(20):
        life.do("note", long, by=cast.responder)

    few, many = (statements(auditor, f"{STORY}?of={trail.subject_of(each)}") for each in (short, long))

    assert many <= few + 1
    assert many <= 15


def test_what_the_journal_does_not_know_is_not_found(auditor: Client, cast: Cast) -> None:
    for of in ("", "cases.case:999", "cases.case:x", "auth.group:1", "nonsense"):
        assert auditor.get(STORY, {"of": of}).status_code == 404
        assert auditor.get(PAST, {"of": of}).status_code in (200, 404)
        for page in ("story", "past", "entry"):
            assert auditor.post(UNMASK, {"page": page, "of": of, "entry": "9", "reason": "x"}).status_code == 404
    assert not Entry.objects.filter(action="unmasked").exists()
    assert auditor.get(f"{JOURNAL}999/change/").status_code == 404


# --- the past ---------------------------------------------------------------------------------------------------------


def values(found: past.Past) -> dict[str, str]:
    return {value.label: value.text for value in found.values}


def test_a_case_as_it_was(auditor: Client, cast: Cast, life: Life) -> None:
    case = life.received(now=NOW)
    life.do("escalate", case, by=cast.operator, now=NOW + timedelta(minutes=10))
    subject = trail.subject_of(case)

    with translation.override("ja"):
        before, after = (past.as_it_was(subject, NOW + timedelta(minutes=each)) for each in (5, 15))

    assert before is not None
    assert after is not None
    assert (values(before)["状態"], values(before)["担当者"]) == ("受付", "佐藤 花子")
    assert (values(after)["状態"], "担当者" in values(after)) == ("エスカレーション中", False)
    assert past.as_it_was(subject, NOW - timedelta(minutes=1)) is None


def test_the_page_says_that_it_is_the_past_in_the_readers_zone(auditor: Client, life: Life) -> None:
    case = life.received(now=NOW)

    page = text(auditor.get(PAST, {"of": trail.subject_of(case), "at": "2026-11-24T10:05"}).content)

    assert "過去の姿です:2026年11月24日(火) 10:05:00 時点。ここでは何も変更できません。" in page
    assert "佐藤 花子" in page


def test_a_version_of_the_policy_with_its_parts_as_they_were(cast: Cast) -> None:
    draft = Version.objects.get().copy_as_draft()
    then = timezone.now()
    row = MatrixRow.objects.get(priority="P1", version=draft)
    row.first_line_limit = 20
    row.save()

    with translation.override("ja"):
        was, now = (past.as_it_was(trail.subject_of(draft), at) for at in (then, timezone.now()))

    assert was is not None
    assert now is not None
    limits = [
        {value.label: value.text for thing in dict(each.parts)["エスカレーションマトリクス"] for value in thing.values
         if thing.name.startswith("P1")}["一次対応の上限(分)"]
        for each in (was, now)
    ]  # fmt: skip
    assert limits == ["15", "20"]


def test_a_team_without_who_had_left_by_then(cast: Cast) -> None:
    team = cast.team("legal")
    team.save()
    membership = Membership.objects.create(user=cast.shop, team=team, role=Role.RESPONDER)
    then = timezone.now()
    membership.delete()

    with translation.override("ja"):
        was, now = (past.as_it_was(trail.subject_of(team), at) for at in (then, timezone.now()))

    assert was is not None
    assert now is not None
    assert [thing.name for _label, things in was.parts for thing in things] == ["中村 あかり – 法務(二次対応者)"]
    assert now.parts == []


# --- the first page ---------------------------------------------------------------------------------------------------


def test_an_auditor_begins_with_today(auditor: Client, cast: Cast, life: Life, as_user: AsUser) -> None:
    life.received(now=timezone.now())

    answer = auditor.get("/admin/", follow=True)

    assert answer.redirect_chain == [(TODAY, 302)]
    assert [number.count for number in answer.context["numbers"]] == [1, 0, 0, 0]
    assert "まだ封印されていません。" in text(answer.content)
    for _question, address in answer.context["questions"]:
        assert auditor.get(address).status_code == 200
    assert as_user(cast.admin).get("/admin/").status_code == 200
    assert as_user(cast.admin).get(TODAY).status_code == 200
    assert as_user(cast.lead).get(TODAY).status_code == 403
