"""People as CSV and Excel: what comes in is shown row by row first, then written as a whole or not at all."""

import csv
import io
from datetime import UTC, datetime

import openpyxl
import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from apps.audit.models import Entry
from apps.people.models import Department, Membership, Role, Shift, Team, User
from apps.people.transfer.admin import Carried
from apps.people.transfer.formats import MAX_BYTES, MAX_ROWS
from apps.people.transfer.organisation import Members
from tests.cases.life import everything

HEADINGS = "ユーザー名,姓,名,姓（ふりがな）,名（ふりがな）,電話番号,所属"
NEW = "suzuki,鈴木,次郎,すずき,じろう,03-0000-3001,phone-desk:一次対応者"
MODELS = ["user", "department", "team", "shift"]


@pytest.fixture
def sign_in(people):
    def as_(username: str, language: str = "ja") -> Client:
        client = Client()
        client.force_login(people[username])
        client.cookies["django_language"] = language
        return client

    return as_


def page(name: str, model: str = "user") -> str:
    return reverse(f"admin:people_{model}_{name}")


def upload(client: Client, data: str | bytes, model: str = "user", name: str = "名簿.csv"):
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    return client.post(page("import", model), {"import_file": file, "resource": "0"})


def confirm(client: Client, preview, model: str = "user"):
    return client.post(page("process_import", model), preview.context["confirm_form"].initial, follow=True)


def told(response) -> list[tuple[int, str, list[tuple[str, str]]]]:
    """(row, outcome, refusals) of each line that the page shows."""
    return [(line.number, line.outcome, line.refusals) for line in response.context["lines"]]


def refused(response) -> list[str]:
    """What the upload form says."""
    return response.context["form"].errors["import_file"]


def exported(client: Client, model: str = "user", kind: str = "0") -> bytes:
    return client.post(page("export", model), {"format": kind, "resource": "0"}).content


def as_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


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


# --- what a file may be -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "shift_jis"])
def test_csv_is_read_in_the_encodings_that_excel_writes(sign_in, encoding):
    client = sign_in("manager")
    confirm(client, upload(client, f"{HEADINGS}\r\n{NEW}\r\n".encode(encoding)))
    assert User.objects.get(username="suzuki").last_name == "鈴木"


def test_english_columns_and_values_are_understood_in_a_japanese_session_and_the_other_way_round(sign_in):
    english = "Username,Last name,Language,Active,Memberships\nsmith,Smith,English,yes,phone-desk:Lead:2\n"
    confirm(sign_in("manager"), upload(sign_in("manager"), english))
    japanese = "ユーザー名,姓,言語,有効,所属\nito,伊東,日本語,はい,phone-desk:リーダー\n"
    confirm(sign_in("manager", "en"), upload(sign_in("manager", "en"), japanese))

    smith = User.objects.get(username="smith")
    assert (smith.language, smith.memberships.get().level.rank) == ("en", 2)
    assert User.objects.get(username="ito").memberships.get().role == Role.LEAD


def test_full_width_is_read_as_half_width_where_machines_compare_and_kept_in_names(sign_in):
    client = sign_in("manager")
    confirm(client, upload(client, f"{HEADINGS}\nｓｕｚｕｋｉ,鈴木Ａ,次郎,ｽｽﾞｷ,じろう,０３－００００－３００１,\n"))
    new = User.objects.get(username="suzuki")
    assert (new.phone, new.last_name, new.last_name_kana) == ("03-0000-3001", "鈴木Ａ", "スズキ")


def test_formulas_are_text_and_leave_as_text(sign_in):
    client = sign_in("manager")
    confirm(client, upload(client, f"{HEADINGS}\nsuzuki,=1+1,@SUM(A1),,,+81-3-0000-3001,\n"))
    new = User.objects.get(username="suzuki")
    assert (new.last_name, new.first_name, new.phone) == ("=1+1", "@SUM(A1)", "+81-3-0000-3001")

    data = exported(client)

    row = next(row for row in as_rows(data) if row["ユーザー名"] == "suzuki")
    assert (row["姓"], row["名"], row["電話番号"]) == ("'=1+1", "'@SUM(A1)", "'+81-3-0000-3001")
    assert next(line for line in upload(client, data).context["lines"] if line.name == "=1+1 @SUM(A1)").changes == []


def test_excel_is_read_and_written(sign_in):
    client = sign_in("manager")
    book = openpyxl.Workbook()
    book.active.append(["ユーザー名", "姓", "電話番号"])
    book.active.append(["suzuki", "鈴木", 5550001])
    file = io.BytesIO()
    book.save(file)

    confirm(client, upload(client, file.getvalue(), name="名簿.xlsx"))

    assert User.objects.get(username="suzuki").phone == "5550001"
    sheet = openpyxl.load_workbook(io.BytesIO(exported(client, kind="1"))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:3] == ("ユーザー名", "姓", "名")
    assert ("suzuki", "鈴木") in [row[:2] for row in rows]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "入力されたファイルは空です。"),
        ("ユーザー名\n".encode(), "ファイルには列名だけがあり、その下に行がありません。"),
        (
            b"\xff\xfe\x00\x81",
            "ファイルの文字コードがUTF-8でもShift_JISでもありません。「CSV UTF-8」で保存してください。",
        ),
        (b"PK\x03\x04 no zip", "CSVファイルでもExcelファイル（.xlsx）でもありません。"),
        ("ユーザー名,姓\na,b,c\n".encode(), "2行目のセルの数が列名より多くなっています。"),
        (b"x" * (MAX_BYTES + 1), "ファイルが1MBを超えています。分割してください。"),
        (b"Username\n" + b"a\n" * (MAX_ROWS + 1), "1000行を超えています。ファイルを分割してください。"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(sign_in, data, sentence):
    assert refused(upload(sign_in("manager"), data)) == [sentence]


@pytest.mark.parametrize(
    ("headings", "sentence"),
    [
        ("ユーザー名,パスワード", "「パスワード」という列はありません。使える列："),
        ("ユーザー名,is_superuser", "「is_superuser」という列はありません。使える列："),
        ("ユーザー名,is_system", "「is_system」という列はありません。使える列："),
        ("姓,名", "列「ユーザー名」がありません。"),
        ("ユーザー名,姓,Last name", "列「姓」が2つあります。"),
    ],
)
def test_columns_that_are_unknown_missing_or_doubled_are_refused_by_name(sign_in, headings, sentence):
    response = upload(
        sign_in("manager"), f"{headings}\na,b,c\n".replace("a,b,c", "a,b,c" if "Last" in headings else "a,b")
    )
    assert [told.startswith(sentence) for told in response.context["sentences"]] == [True]
    assert "confirm_form" not in response.context


def test_a_row_without_its_key_or_with_one_that_was_there_already_is_refused(sign_in):
    response = upload(sign_in("manager"), "ユーザー名,姓\nsuzuki,鈴木\n\n,佐藤\nsuzuki,鈴木\n")
    assert told(response) == [
        (2, "new", []),
        (3, "unchanged", []),
        (4, "refused", [("ユーザー名", "必ず入力してください。")]),
        (5, "refused", [("", "2行目と同じものを指しています。")]),
    ]


# --- who may, and what they may not -----------------------------------------------------------------------------------


def test_what_may_not_be_done_by_hand_may_not_be_imported(sign_in, people):
    User.objects.clock()
    data = "ユーザー名,姓,所属\nadmin,青山,phone-desk:リーダー\nCLOCK,時計,\n"

    response = upload(sign_in("manager"), data)

    assert [refusals for _row, _outcome, refusals in told(response)] == [
        [("", "青山 修さんはスーパーユーザーです。変更できるのはスーパーユーザーだけです。")],
        [("", "時計はシステム自身のため、誰も変更できません。")],
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


# --- going out --------------------------------------------------------------------------------------------------------


def test_an_export_starts_with_a_bom_names_no_password_and_comes_back_unchanged(sign_in, people):
    User.objects.clock()
    client = sign_in("manager")

    data = exported(client)

    assert data.startswith(b"\xef\xbb\xbf")
    rows = {row["ユーザー名"]: row for row in as_rows(data)}
    assert set(rows) == set(people)
    assert rows["lead"] == {
        "ユーザー名": "lead",
        "姓": "高橋",
        "名": "美咲",
        "姓（ふりがな）": "タカハシ",
        "名（ふりがな）": "ミサキ",
        "メールアドレス": "lead@example.jp",
        "電話番号": "03-0000-1007",
        "言語": "日本語",
        "有効": "はい",
        "スタッフ権限": "はい",
        "所属": "phone-desk:リーダー:2; support-leaders:リーダー",
    }
    assert {outcome for _row, outcome, _refusals in told(upload(client, data))} == {"unchanged"}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", ["0", "1"])
def test_every_table_comes_back_unchanged(sign_in, model, kind):
    client = sign_in("admin")
    response = upload(client, exported(client, model, kind), model)
    assert {outcome for _row, outcome, _refusals in told(response)} == {"unchanged"}


def test_an_export_is_written_down(sign_in, people):
    exported(sign_in("auditor"))
    entry = Entry.objects.get(action="exported")
    assert (entry.subject, entry.actor) == ("export:people.user", f"people.user:{people['auditor'].pk}")


def test_an_export_holds_what_the_list_was_filtered_to(sign_in):
    data = sign_in("manager").post(page("export") + "?q=高橋", {"format": "0", "resource": "0"}).content
    assert [row["ユーザー名"] for row in as_rows(data)] == ["lead"]


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


def test_headings_of_both_languages_are_known():
    with translation.override("en"):
        names = Members().fields["last_name_kana"].names()
    assert names == {"last_name_kana", "last name in kana", "姓(ふりがな)"}
