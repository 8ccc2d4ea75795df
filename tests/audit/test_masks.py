"""What is masked in free texts: addresses and numbers by their form, a thing's own values in the forms people write."""

import pytest

from apps.audit.masks import MASK, PLAIN, Masker


@pytest.mark.parametrize(
    "personal",
    [
        *("hourai@secret.example", "h.ou-rai+1@mail.secret.co.jp", "ｈｏｕｒａｉ＠ｓｅｃｒｅｔ．ｅｘａｍｐｌｅ"),
        *("03-1111-2222", "090-1234-5678", "09012345678", "(090)1234-5678", "（03）1111-2222", "03(1111)2222"),
        *("０９０－１２３４－５６７８", "０９０−１２３４−５６７８", "090ー1234ー5678", "090 1234 5678", "0120-123-456"),
        *("+81 90-1234-5678", "＋８１９０１２３４５６７８", "0120・123・456"),
    ],
)
def test_addresses_and_numbers(personal: str) -> None:
    assert PLAIN(f"携帯{personal}へ折り返し") == f"携帯{MASK}へ折り返し"
    assert PLAIN(personal) == MASK


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-24 10:00", "2026/01/05 09:30:00", "ESC-2026-000009", "内線 2104", "280,000円", "E-4021", "10時50分"),
        *("09:00-18:00", "版 0.28.1", "請求書番号 20261124001", "@担当", "A@B", "", "192.168.0.10"),
    ],
)
def test_what_is_neither(text: str) -> None:
    assert PLAIN(text) == text


@pytest.mark.parametrize(
    ("values", "text", "shown"),
    [
        (["川口 由紀子"], "川口 由紀子様より", "{}様より"),
        (["川口 由紀子"], "川口由紀子、川口　由紀子", "{}、{}"),
        (["川口 由紀子"], "川口様と由紀子さん", "{}様と{}さん"),
        (["川口由紀子様"], "川口様「二度と行かない」", "{}様「二度と行かない」"),
        (["東 一郎"], "東様は東側の席", "{}様は東側の席"),
        (["株式会社みなと商店"], "みなと商店の本部、(株)みなと商店", "{}の本部、(株){}"),
        (["John Smith"], "Mr SMITH called, john too", "Mr {} called, {} too"),
        (["内線 2104(田中)"], "内線 2104(田中)へ", "{}へ"),
        (["", "前の名前"], "前の名前から", "{}から"),
        (["a.b*c"], "a.b*c axbbc", "{} axbbc"),
    ],
)
def test_the_things_own_values(values: list[str], text: str, shown: str) -> None:
    assert Masker(values)(text) == shown.format(*[MASK] * 9)
