"""What is hashed before it is written must be hashed alike after either database gives it back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from uuid import UUID

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.test.utils import isolate_apps
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.canonical import columns_in_database, columns_of, encode, moment, plain, row_from, row_of, select
from apps.audit.models import Source

TOKYO = timezone(timedelta(hours=9))


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Source.API, "API"),
        (Colour.RED, "red"),
        (2.0, 2),
        (1e16, 10_000_000_000_000_000),
        (0.1, 0.1),
        (Decimal("10.00"), "10"),
        (Decimal("1E+2"), "100"),
        (datetime(2026, 4, 1, 9, tzinfo=TOKYO), "2026-04-01T00:00:00.000000+00:00"),
        (date(2026, 4, 1), "2026-04-01"),
        (time(9, 30), "09:30:00"),
        (timedelta(minutes=1), 60_000_000),
        ({"b": (1, 2), "a": {3}}, {"a": [3], "b": [1, 2]}),
        ({Source.API: None, 1: True}, {"API": None, "1": True}),
        (mark_safe("<b>"), "<b>"),
        (gettext_lazy("Audit"), "Audit"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
    ids=str,
)
def test_plain(value: object, expected: object) -> None:
    assert plain(value) == expected or plain(value) == str(value)
    encode(plain(value))


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no canonical form"):
        plain({"a": [object()]})


def test_the_text_does_not_depend_on_the_order_of_keys() -> None:
    assert encode({"b": 1, "a": "漢字"}) == encode({"a": "漢字", "b": 1}) == '{"a":"漢字","b":1}'


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_is_one_text_in_every_zone(at: datetime) -> None:
    assert moment(at) == moment(at.astimezone(UTC)) == at.astimezone(UTC).isoformat(timespec="microseconds")


# --- rows -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def everything(transactional_db: None) -> Iterator[type[models.Model]]:
    """A table with a column of every kind."""
    with isolate_apps("apps.audit"):

        class Everything(models.Model):  # noqa: DJ008
            name = models.CharField(max_length=50, null=True)
            text = models.TextField(default="")
            source = models.CharField(max_length=10, default="")
            number = models.IntegerField(default=0)
            big = models.PositiveBigIntegerField(default=0)
            is_on = models.BooleanField(default=False)
            ratio = models.FloatField(default=0)
            amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
            at = models.DateTimeField(null=True)
            on = models.DateField(null=True)
            opens = models.TimeField(null=True)
            wait = models.DurationField(null=True)
            token = models.UUIDField(null=True)
            data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
            raw = models.BinaryField(default=b"")
            address = models.GenericIPAddressField(null=True)
            parent = models.ForeignKey("self", models.DO_NOTHING, null=True, db_constraint=False)

            class Meta:
                app_label = "audit"

        with connection.schema_editor() as editor:
            editor.create_model(Everything)
        yield Everything
        columns_of.cache_clear()
        columns_in_database.cache_clear()
        with connection.schema_editor() as editor:
            editor.delete_model(Everything)


FULL = {
    "name": '山田 "太郎"\n\\',
    "text": mark_safe("<b>"),
    "source": Source.API,
    "number": 7,
    "big": 2**40,
    "is_on": True,
    "ratio": 1 / 3,
    "amount": Decimal("12.5"),
    "at": datetime(2026, 4, 1, 9, 0, 0, 123456, tzinfo=TOKYO),
    "on": date(2026, 4, 1),
    "opens": time(9, 30),
    "wait": timedelta(days=1, microseconds=5),
    "token": UUID(int=5),
    "data": {"z": [1, 1.0, 0.1, None], "a": {"漢": Decimal("1.50")}},
    "raw": b"\x00\xff",
    "address": "2001:DB8::1",
    "parent_id": 3,
}
SLOPPY = {
    "name": 12,
    "number": "7",
    "is_on": 1,
    "ratio": 2,
    "amount": 10.1,
    "at": "2026-04-01T09:00:00+09:00",
    "on": "2026-04-01",
    "opens": "09:30",
    "token": "00000000000000000000000000000005",
    "parent_id": "3",
}
ROUNDED = {"amount": Decimal("0.125"), "at": datetime(2026, 4, 1, tzinfo=UTC)}


@pytest.mark.parametrize("values", [FULL, SLOPPY, ROUNDED, {}], ids=["full", "sloppy", "rounded", "empty"])
def test_a_row_is_the_same_in_memory_and_read_back(everything: type[models.Model], values: dict[str, object]) -> None:
    [instance] = everything._base_manager.bulk_create([everything(**values)])
    stored = everything._base_manager.filter(pk=instance.pk)

    in_memory = row_of(instance)
    by_database = row_from(columns_in_database(everything), stored.values_list(*select(everything)).get())

    assert encode(in_memory) == encode(row_of(stored.get())) == encode(by_database)
    assert in_memory.keys() == {name for name, value in values.items() if value}


def test_a_moment_with_something_behind_it_is_another(everything: type[models.Model]) -> None:
    if connection.vendor != "sqlite":
        return  # a column of moments holds nothing else there
    instance = everything._base_manager.create(at=FULL["at"])
    read = everything._base_manager.values_list(*select(everything))
    before = row_from(columns_in_database(everything), read.get())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_everything SET at = at || '+09:00'")

    assert row_from(columns_in_database(everything), read.get()) != before
    assert instance.pk
