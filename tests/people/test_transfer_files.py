"""The files of imports and exports: encodings, columns and limits on the way in, what goes out and comes back."""

import csv
import io

import openpyxl
import pytest
from django.utils import translation

from apps.audit.models import Entry
from apps.people.models import Role, User
from apps.people.transfer.formats import MAX_BYTES, MAX_ROWS
from apps.people.transfer.organisation import Members
from tests.people.transferpages import HEADINGS, MODELS, NEW, confirm, exported, page, told, upload


def refused(response) -> list[str]:
    """What the upload form says."""
    return response.context["form"].errors["import_file"]


def as_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


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


def test_headings_of_both_languages_are_known():
    with translation.override("en"):
        names = Members().fields["last_name_kana"].names()
    assert names == {"last_name_kana", "last name in kana", "姓(ふりがな)"}


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
