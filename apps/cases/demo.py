"""Demo cases, told through the verbs at moments before `now`: something of every state, as a working day looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from apps.audit.models import Source
from apps.cases import actions
from apps.cases.ledger import Book
from apps.cases.models import CannedReply, Case, HandOffKind, Outcome, Support, Verdict, Visibility, WaitingFor
from apps.people.models import Team, User
from apps.policy.models import Category, Flag, Impact, Urgency
from apps.policy.rulebook import get_rulebook


@dataclass(frozen=True)
class Step:
    minutes: int  # after the report
    verb: str
    by: str  # username
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    minutes_ago: int  # of the report
    by: str
    team: str
    category: str
    sheet: dict[str, object]
    steps: tuple[Step, ...] = ()


def seed_cases(now: datetime) -> int:
    """Tell the stories once: with any case in the database nothing happens. Returns the number of cases made."""
    if Case.objects.exists():
        return 0
    people = {user.username: user for user in User.objects.people()}
    teams = {team.code: team for team in Team.objects.select_related("department", "level")}
    categories = {category.code: category for category in Category.objects.all()}
    for reply in REPLIES:
        CannedReply.objects.create(**reply)
    for story in STORIES:
        _tell(story, now, people, teams, categories)
    return len(STORIES)


def _tell(
    story: Story, now: datetime, people: dict[str, User], teams: dict[str, Team], categories: dict[str, Category]
) -> None:
    began, team = now - timedelta(minutes=story.minutes_ago), teams[story.team]
    with Book(source=Source.COMMAND) as book:
        sheet = {**story.sheet, "category": categories[story.category], "department": team.department}
        case = actions.receive(book, by=people[story.by], now=began, sheet=sheet, team=team)
    for step in story.steps:
        values = dict(step.values)
        if isinstance(owner := values.get("owner"), str):
            values["owner"] = people[owner]
        if isinstance(until := values.get("until"), timedelta):
            values["until"] = now + until
        if step.verb in ("escalate", "resolve"):
            values["checklist"] = [item.id for item in get_rulebook(case.policy_version_id).checklist]
        with Book(source=Source.COMMAND) as book:
            locked = book.case(case.pk)
            at = began + timedelta(minutes=step.minutes)
            getattr(actions, step.verb)(locked, book, by=people[step.by], now=at, **values)


REPLIES: tuple[dict[str, str], ...] = (
    {
        "title": "状況のご連絡(お客様)",
        "title_en": "How it stands (to the customer)",
        "text": "{customer}\n\nお問い合わせの件（{number}）につきまして、現在{owner}が対応しております。\n"
        "{deadline}までに改めてご連絡いたします。",
        "text_en": "{customer},\n\n{owner} is working on your enquiry ({number}).\n"
        "We will get back to you by {deadline}.",
    },
    {
        "title": "追加情報のお願い",
        "title_en": "More information, please",
        "text": "ご報告ありがとうございます。原因の調査のため、発生時刻と画面の写真を添付していただけますか。",
        "text_en": "Thank you for reporting it. To find the cause, could you attach the time and a photo of the screen?",
    },
    {
        "title": "解決の記録(設定の修正)",
        "title_en": "Settled (a setting was corrected)",
        "text": "設定の誤りを修正し、{place}で正しく動くことを確認した。",
        "text_en": "The setting was corrected and found to work in {place}.",
    },
)


def _escalate(minutes: int, by: str, reason: str, kind: HandOffKind = HandOffKind.FUNCTIONAL) -> Step:
    return Step(minutes, "escalate", by, {"kind": kind, "reason": reason})


STORIES: tuple[Story, ...] = (
    Story(
        25, "operator", "phone-desk", "system-fault",
        {
            "subject": "全店舗のレジで決済エラーE-4021が発生し会計ができない",
            "impact": Impact.ALL, "urgency": Urgency.CRITICAL,
            "urgency_reason": "昼のピークで全店の会計が止まっている",
            "customer": "株式会社みなと商店", "customer_plan": "エンタープライズ", "customer_email": "shop-hq@example.jp",
            "place": "全国42店舗",
            "facts": "11時50分ごろから全店のレジでカード決済がE-4021で失敗する。現金は可能。先週の更新後に初めて発生。",
            "customer_said": "復旧の見込みをすぐ知りたい。本部から15分ごとに連絡がほしい。",
            "first_line_did": "店舗2か所で再起動を試したが改善せず。ネットワークは正常。",
            "stuck_on": "決済ゲートウェイの状態を一次対応から確認できない",
            "support_wanted": Support.TECHNICAL_HELP, "contact": "内線 2101(佐藤)",
            "flags": [Flag.SAME_FAULT],
        },
    ),
    Story(
        9, "tanaka", "phone-desk", "inquiry",
        {
            "subject": "契約更新の見積書の宛名を変更してほしい",
            "impact": Impact.ONE, "urgency": Urgency.LOW, "customer": "有限会社青葉設計",
            "facts": "社名変更に伴い、今月発行済みの見積書の宛名を新社名に差し替えてほしいとの依頼。",
            "support_wanted": Support.DRAFT_ANSWER, "contact": "内線 2104(田中)",
        },
    ),
    Story(
        40, "operator", "phone-desk", "complaint",
        {
            "subject": "納品遅延についての三度目の申し出。責任者からの説明を強く希望されている",
            "impact": Impact.SOME, "urgency": Urgency.HIGH, "customer": "株式会社北斗精機 名古屋事業所 購買部",
            "facts": "10月20日納期の部材が未着。前回二度とも「確認して折り返す」と伝えたが、折り返しが遅れた。",
            "customer_said": "担当者ではなく責任者と話したい。今日中に連絡がなければ取引を見直す。",
            "first_line_did": "お詫びし、配送状況を確認。出荷倉庫の在庫差異が原因の可能性。",
            "stuck_on": "納期の確約とお詫びの仕方", "support_wanted": Support.APOLOGY, "contact": "内線 2101(佐藤)",
            "customer_email": "purchase@example.jp",
        },
        (
            Step(6, "respond", "operator", {"told": "責任者に報告し、本日17時までに折り返すとお伝えした。"}),
            _escalate(18, "operator", "責任者からの説明を希望されており、一次対応では納期を確約できない。"),
        ),
    ),
    Story(
        95, "operator", "phone-desk", "system-fault",
        {
            "subject": "請求書PDFの文字化け(一部の顧客)",
            "impact": Impact.SOME, "urgency": Urgency.HIGH, "customer": "医療法人さくら会 さくら総合病院",
            "facts": "10月分の請求書PDFで品名が文字化けする。少なくとも3件。ブラウザを変えても同じ。",
            "first_line_did": "再発行を試したが同じ結果。暫定でCSVを送付。", "stuck_on": "PDF生成側の調査が必要",
            "support_wanted": Support.TECHNICAL_HELP, "contact": "内線 2101(佐藤)",
        },
        (
            Step(8, "respond", "operator", {"told": "調査中であること、CSVを代わりにお送りしたことを伝えた。"}),
            _escalate(25, "operator", "PDF生成の設定は二次でないと確認できない。"),
            Step(37, "accept", "responder"),
            Step(52, "note", "responder", {"text": "フォント更新の影響とみて検証環境で再現中。"}),
            Step(
                60, "note", "responder",
                {"text": "原因の見当がつきました。15時までに修正の見込みです。", "visibility": Visibility.REPORTER},
            ),
        ),
    ),
    Story(
        180, "tanaka", "phone-desk", "refund",
        {
            "subject": "二重請求の返金依頼(28万円)",
            "impact": Impact.ONE, "urgency": Urgency.HIGH, "customer": "個人のお客様(会員番号は控えあり)",
            "facts": "9月と10月に同じ利用分が二重に引き落とされた。明細で確認済み。",
            "customer_said": "今週中に返金日を知りたい。", "first_line_did": "明細を照合し、二重請求を確認。",
            "stuck_on": "返金の承認", "support_wanted": Support.DECISION, "amount": Decimal(280000),
            "flags": [Flag.REFUND], "contact": "内線 2104(田中)", "customer_email": "member@example.jp",
        },
        (Step(22, "accept", "manager"),),
    ),
    Story(
        400, "shop", "sales-desk", "inquiry",
        {
            "subject": "導入済み端末のファームウェア更新手順の問い合わせ",
            "impact": Impact.SOME, "urgency": Urgency.MEDIUM, "customer": "株式会社サンライズ物流",
            "facts": "倉庫の端末30台の更新を業務時間外に行いたい。手順と所要時間を知りたい。",
            "stuck_on": "一括更新の可否", "support_wanted": Support.DRAFT_ANSWER, "contact": "090-0000-0001",
        },
        (
            Step(30, "respond", "shop", {"told": "確認して本日中に回答するとお伝えした。"}),
            _escalate(70, "shop", "一括更新の可否は技術側の判断が必要。"),
            Step(110, "accept", "lead"),
            Step(
                130, "hold", "lead",
                {"waiting_for": WaitingFor.VENDOR, "until": timedelta(hours=20), "reason": "メーカーの回答待ち"},
            ),
        ),
    ),
    Story(
        2000, "operator", "phone-desk", "complaint",
        {
            "subject": "電話がつながりにくいとの苦情",
            "impact": Impact.SOME, "urgency": Urgency.HIGH, "customer": "株式会社みどり商会",
            "facts": "午前中に5回かけてつながらなかった。", "customer_said": "改善策を教えてほしい。",
            "first_line_did": "お詫びし、折り返し番号を確認。", "contact": "内線 2101(佐藤)",
            "customer_email": "midori@example.jp",
        },
        (
            Step(5, "respond", "operator", {"told": "お詫びし、改善策を確認して連絡すると伝えた。"}),
            _escalate(20, "operator", "体制の説明は一次対応では答えられない。"),
            Step(28, "accept", "kobayashi"),
            Step(
                190, "resolve", "kobayashi",
                {
                    "outcome": Outcome.SOLVED, "resolution": "当日の混雑理由を説明し、専用番号を案内。ご納得いただいた。",
                    "cause": "障害問い合わせの集中で呼量が平常の3倍になった。",
                    "prevention": "障害時の自動音声案内と臨時席2席を標準手順に追加。",
                },
            ),
        ),
    ),
    Story(
        4500, "tanaka", "phone-desk", "inquiry",
        {
            "subject": "解約手続きの案内不足", "impact": Impact.ONE, "urgency": Urgency.MEDIUM,
            "customer": "株式会社ひかり印刷", "facts": "解約フォームの場所が分からず二度電話された。",
            "contact": "内線 2104(田中)",
        },
        (
            Step(15, "respond", "tanaka", {"told": "フォームの場所を案内した。"}),
            Step(
                40, "resolve", "tanaka",
                {
                    "outcome": Outcome.SOLVED, "resolution": "電話で一緒に操作し、手続きを完了。",
                    "cause": "案内メールのリンク切れ。",
                },
            ),
            Step(
                300, "review", "lead",
                {
                    "verdict": Verdict.APPROPRIATE, "worked": True, "may_recur": True,
                    "lesson": "リンク切れは月次の点検対象に加える。",
                    "thanks": "最後まで寄り添ったご対応、ありがとうございました。",
                },
            ),
        ),
    ),
)  # fmt: skip
