"""People as CSV and Excel: what comes in is shown row by row first, then written as a whole or not at all."""

from datetime import UTC, datetime

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Entry
from apps.people.models import Department, Membership, Shift, Team, User
from apps.people.transfer.admin import Carried
from tests.cases.life import everything
from tests.people.transferpages import HEADINGS, MODELS, NEW, confirm, page, told, upload

# --- looking first ----------------------------------------------------------------------------------------------------


def test_the_page_shows_row_by_row_what_would_happen_and_writes_nothing(sign_in, people):
    client = sign_in("manager")
    before = everything(but=[User])
    count = User.objects.count()

    response = upload(
        client,
        f"{HEADINGS}\n{NEW}\noperator,佐藤,花代,サトウ,ハナコ,03-0000-1002,\ntanaka,田中,健一,タナカ,ケンイチ,03-0000-1003,\n"
        "shop,中村,あかり,中村,アカリ,電話なし,\n",
    )

    assert told(response) == [
        (2, "new", []),
        (3, "changed", []),
        (4, "unchanged", []),
        (
            5,
            "refused",
            [
                ("姓（ふりがな）", "ふりがなは、ひらがなまたはカタカナで入力してください。"),
                ("電話番号", "電話番号は、数字とハイフンで入力してください。"),
            ],
        ),
    ]
    changes = response.context["lines"][1].changes
    assert [(change.column, change.old, change.new) for change in changes] == [("名", "花子", "花代")]
    assert "confirm_form" not in response.context
    assert (everything(but=[User]), User.objects.count()) == (before, count)


def test_yes_writes_each_row_with_its_history_and_its_entry_in_the_journal(sign_in, people):
    client = sign_in("manager")
    preview = upload(client, f"{HEADINGS}\n{NEW}\noperator,佐藤,花代,サトウ,ハナコ,03-0000-1002,\n")

    response = confirm(client, preview)

    assert "取り込みました。新規1件、変更1件、変更なし0件。" in response.text
    new = User.objects.get(username="suzuki")
    assert (new.get_full_name(), new.phone, new.has_usable_password(), new.is_staff) == (
        "鈴木 次郎",
        "03-0000-3001",
        False,
        False,
    )
    assert list(new.memberships.values_list("team__code", "role")) == [("phone-desk", "OPERATOR")]
    membership = new.memberships.get()
    actor, reason = f"people.user:{people['manager'].pk}", "名簿.csvから取り込み"
    subjects = [f"people.user:{new.pk}", f"people.membership:{membership.pk}", f"people.user:{people['operator'].pk}"]
    entries = Entry.objects.filter(subject__in=subjects, reason=reason).order_by("pk")
    assert [(e.subject, e.actor, e.source, e.action) for e in entries] == [
        (subjects[0], actor, "IMPORT", "created"),
        (subjects[1], actor, "IMPORT", "created"),
        (subjects[2], actor, "IMPORT", "changed"),
    ]
    assert new.history.get().history_change_reason == reason


def test_one_refused_row_keeps_all_out_even_if_it_is_refused_only_at_the_end(sign_in, people):
    client = sign_in("manager")
    preview = upload(client, f"{HEADINGS}\nfirst,一,一,,,,\n{NEW}\n")
    Team.objects.filter(code="phone-desk").update(code="voice-desk")  # meanwhile
    before = everything(but=[User])

    response = confirm(client, preview)

    assert told(response) == [(2, "new", []), (3, "refused", [("所属", "「phone-desk」は登録されていません。")])]
    assert "何も保存していません。" in response.text
    assert not User.objects.filter(username__in=["first", "suzuki"]).exists()
    assert everything(but=[User]) == before


def test_only_the_file_that_was_shown_is_imported(sign_in, people):
    client = sign_in("manager")
    initial = upload(client, f"{HEADINGS}\n{NEW}\n").context["confirm_form"].initial

    for name in (initial["import_file_name"] + "x", "名簿.csv", signing.TimestampSigner().sign("x")):
        response = client.post(page("process_import"), initial | {"import_file_name": name}, follow=True)
        assert "確認画面に表示したファイルではないか" in response.text

    assert not User.objects.filter(username="suzuki").exists()


def test_nothing_of_the_file_stays_on_the_server_between_the_two_pages():
    kept = Carried()
    kept.save("鈴木".encode())
    assert Carried(name=kept.name).read() == "鈴木".encode()


# --- who may, and what they may not -----------------------------------------------------------------------------------


def test_what_may_not_be_done_by_hand_may_not_be_imported(sign_in, people):
    User.objects.clock()
    data = "ユーザー名,姓,所属\nadmin,青山,phone-desk:リーダー\nCLOCK,時計,\n"

    response = upload(sign_in("manager"), data)

    assert [refusals for _row, _outcome, refusals in told(response)] == [
        [("", "青山 修さんはスーパーユーザーです。変更できるのはスーパーユーザーだけです。")],
        [("", "自動はシステム自身のため、誰も変更できません。")],
    ]
    assert [outcome for _row, outcome, _refusals in told(upload(sign_in("admin"), data))] == ["changed", "refused"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("username", "may_export", "may_import"),
    [("admin", 200, 200), ("manager", 200, 200), ("policy", 200, 403), ("auditor", 200, 403), ("lead", 403, 403),
     ("responder", 403, 403), ("operator", 302, 302)],
)  # fmt: skip
def test_export_needs_the_permission_to_view_and_import_those_to_add_and_change(
    sign_in, model, username, may_export, may_import
):
    client = sign_in(username)
    before = everything(but=[User, Entry])
    initial = upload(sign_in("admin"), "ユーザー名,姓\nsuzuki,鈴木\n").context["confirm_form"].initial

    statuses = [
        client.get(page("export", model)).status_code,
        client.post(page("export", model), {"format": "0", "resource": "0"}).status_code,
        client.get(page("import", model)).status_code,
        upload(client, "code\nx\n", model).status_code,
    ]

    assert statuses == [may_export] * 2 + [may_import] * 2
    if may_import != 200:
        assert client.post(page("process_import", model), initial).status_code == may_import
        assert not User.objects.filter(username="suzuki").exists()
        changed = {name for name, rows in everything(but=[User, Entry]).items() if rows != before[name]}
        assert changed <= {"audit.Chain"}  # an export is written down


def test_get_imports_nothing(sign_in):
    assert sign_in("admin").get(page("process_import")).status_code == 405


# --- the other tables -------------------------------------------------------------------------------------------------


def test_a_shift_is_imported_in_the_readers_own_time_and_only_for_members(sign_in):
    client = sign_in("manager")
    data = (
        "ユーザー,チーム,開始日時,終了日時\n"
        "lead,support-leaders,2027/1/4 9:00,2027/1/4 17:00\n"
        "lead,support-leaders,2027-01-05 09:00,2027-01-05 08:00\n"
        "shop,support-leaders,2027-01-06 09:00,2027-01-06 17:00\n"
        "lead,support-leaders,あした,2027-01-06 17:00\n"
    )

    response = upload(client, data, "shift")

    assert told(response) == [
        (2, "new", []),
        (3, "refused", [("", "当番の終了日時は、開始日時より後にしてください。")]),
        (4, "refused", [("ユーザー", "当番にできるのは、そのチームに所属するメンバーだけです。")]),
        (5, "refused", [("開始日時", "「あした」は日時ではありません（例：2026-11-24 09:00）。")]),
    ]
    confirm(client, upload(client, "\n".join(data.splitlines()[:2]), "shift"), "shift")
    shift = Shift.objects.get(starts_at__year=2027)
    assert (shift.user.username, shift.starts_at) == ("lead", datetime(2027, 1, 4, 0, 0, tzinfo=UTC))


def test_a_memberships_cell_says_all_of_them_and_an_empty_one_nothing(sign_in, people):
    client = sign_in("manager")

    confirm(
        client, upload(client, "ユーザー名,所属\nlead,\nresponder,support-leaders:リーダー；phone-desk:一次対応者\n")
    )

    kept = Membership.objects.filter(user=people["lead"]).order_by("team__code").values_list("team__code", "role")
    assert list(kept) == [("phone-desk", "LEAD"), ("support-leaders", "LEAD")]
    now = Membership.objects.filter(user=people["responder"]).order_by("team__code").values_list("team__code", "role")
    assert list(now) == [("phone-desk", "OPERATOR"), ("support-leaders", "LEAD")]
    ended = Membership.history.filter(user_id=people["responder"].pk, history_type="-").get()
    assert (ended.role, ended.history_change_reason) == ("RESPONDER", "名簿.csvから取り込み")


def test_departments_and_teams_name_what_they_belong_to(sign_in):
    client = sign_in("manager")
    confirm(
        client,
        upload(client, "コード,名称,上位部門,責任者\nward-3,3階病棟,sales,manager\n", "department"),
        "department",
    )
    confirm(client, upload(client, "コード,名称,部門,階層\nward-3-desk,3階窓口,ward-3,1\n", "team"), "team")

    department = Department.objects.get(code="ward-3")
    assert (department.parent.code, department.head.username, department.is_active) == ("sales", "manager", True)
    assert (department.teams.get().code, department.teams.get().level.rank) == ("ward-3-desk", 1)


# --- how much it costs ------------------------------------------------------------------------------------------------

# Statements besides savepoints. A new person with one membership is two rows, each with its history row, its journal
# entry and its chain; trying it out only looks for the name and the constraints.
FIXED, PER_ROW_TRIED, PER_ROW_WRITTEN = 40, 15, 16


def statements(of) -> tuple[int, object]:
    with CaptureQueriesContext(connection) as captured:
        response = of()
    return sum("SAVEPOINT" not in query["sql"] for query in captured), response


def staff(number: int) -> str:
    rows = [f"staff{n},職員{n},太郎,ショクイン,タロウ,03-0000-{n:04},phone-desk:一次対応者" for n in range(number)]
    return "\n".join([HEADINGS, *rows])


def test_a_thousand_rows_are_tried_at_once(sign_in):
    preview = upload(sign_in("manager"), staff(1000))
    assert preview.context["counts"] == {"new": 1000, "changed": 0, "unchanged": 0, "refused": 0}


def test_each_new_row_costs_a_known_number_of_statements_and_an_unchanged_one_none(sign_in):
    client, data = sign_in("manager"), staff(100)
    tried, preview = statements(lambda: upload(client, data))

    written, _done = statements(lambda: confirm(client, preview))
    again, unchanged = statements(lambda: upload(client, data))

    assert User.objects.filter(username__startswith="staff").count() == 100
    assert unchanged.context["counts"] == {"new": 0, "changed": 0, "unchanged": 100, "refused": 0}
    assert tried <= FIXED + PER_ROW_TRIED * 100
    # PostgreSQL begins the chain of a new person, and of a new membership, with a statement more
    more = 2 if connection.vendor == "postgresql" else 0
    assert written <= FIXED + (PER_ROW_WRITTEN + more) * 100
    assert again <= FIXED
