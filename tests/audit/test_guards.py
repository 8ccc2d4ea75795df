"""The database itself refuses what the journal must never see."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.audit import guards, trail
from apps.audit.models import Chain, Entry
from apps.people.models import Department, Skill


def refused(sql: str) -> str:
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    return str(error.value).splitlines()[0]


@pytest.fixture
def sealed(journal: None) -> None:
    trail.seal(timezone.now())


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("table", ["audit_entry", "audit_seal", "people_historicaldepartment"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET {} = {}", "DELETE FROM {}"], ids=["update", "delete"])
def test_rows_are_only_added(table: str, sql: str) -> None:
    key = "history_id" if "historical" in table else "id"

    assert refused(sql.format(table, key, key)) == f"Rows of {table} are only ever added, never changed or deleted."


@pytest.mark.postgres
@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("table", ["audit_entry", "audit_seal", "audit_chain", "people_historicaldepartment"])
def test_truncate_is_refused(table: str) -> None:
    assert f"Rows of {table}" in refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM audit_chain",
        "UPDATE audit_chain SET length = length - 1",
        "UPDATE audit_chain SET head = 'x'",
        "UPDATE audit_chain SET length = length + 1, subject = subject || '9'",
    ],
)
def test_a_chain_only_grows(sql: str) -> None:
    assert refused(sql) == "Rows of audit_chain only ever grow, and are never deleted."


def test_a_chain_may_grow(journal: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_chain SET length = length + 1")


def test_every_history_table_is_guarded(db: None) -> None:
    tables = {model._meta.db_table for model in guards.history_models()}

    assert {"people_historicaluser", "people_historicallevel", "people_historicaldepartment"} <= tables
    assert {(table, f"guard_{table}_{event}") for table in tables for event in ("update", "delete")} <= (
        guards._triggers(connection)
    )


@pytest.fixture
def frozen(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Skills are frozen where a department of the same code is active; such departments themselves are, too."""
    monkeypatch.setattr(guards, "_registered", {})
    guards.register(
        guards.Frozen(
            "people_skill", "EXISTS (SELECT 1 FROM people_department d WHERE d.code = {row}.code AND d.is_active)"
        ),
        guards.Frozen("people_department", "{row}.is_active", may_enter=True),
    )
    guards.install()


@pytest.mark.usefixtures("frozen")
class TestFrozen:
    def test_a_row_that_is_not_frozen_may_change(self) -> None:
        Department.objects.create(code="legal", name="法務部", is_active=False)
        skill = Skill.objects.create(code="legal", name="法務")
        skill.name = "法律"
        skill.save()
        skill.delete()

    def test_a_frozen_row_stays_as_it_is(self) -> None:
        Skill.objects.create(code="legal", name="法務")
        Department.objects.create(code="legal", name="法務部")

        sentence = "This row of people_skill is fixed and can no longer be changed."
        assert refused("UPDATE people_skill SET name = 'x'") == sentence
        assert refused("UPDATE people_skill SET code = 'x'") == sentence
        assert refused("DELETE FROM people_skill") == sentence

    def test_no_row_may_come_under_the_condition(self) -> None:
        Department.objects.create(code="legal", name="法務部")
        Skill.objects.create(code="other", name="他")

        assert "people_skill is fixed" in refused("UPDATE people_skill SET code = 'legal'")
        with pytest.raises(IntegrityError, match="people_skill is fixed"), transaction.atomic():
            Skill.objects.create(code="legal", name="法務")

    def test_where_it_may_enter_a_row_is_frozen_only_afterwards(self) -> None:
        department = Department.objects.create(code="legal", name="法務部", is_active=False)
        department.is_active = True
        department.save()

        assert "people_department is fixed" in refused("UPDATE people_department SET is_active = FALSE")
        assert "people_department is fixed" in refused("DELETE FROM people_department")


def test_a_sentence_of_its_own(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "_registered", {})
    guards.register(guards.Frozen("people_skill", "{row}.name = '100%'", sentence="It's 100% fixed in people_skill."))
    guards.install()

    with pytest.raises(IntegrityError, match=r"It's 100% fixed in people_skill\."), transaction.atomic():
        Skill.objects.create(code="x", name="100%")


def test_installing_again_changes_nothing(db: None) -> None:
    before = guards._triggers(connection)

    guards.install()

    assert guards._triggers(connection) == before
    assert before


def test_a_rule_given_up_leaves_no_trigger(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = guards._triggers(connection)
    monkeypatch.setattr(guards, "_registered", {})
    guards.register(guards.Frozen("people_skill", "{row}.name = ''"))
    guards.install()
    monkeypatch.setattr(guards, "_registered", {})

    guards.install()

    assert not any(table == "people_skill" for table, _name in guards._triggers(connection))
    assert guards._triggers(connection) <= before


def test_lifted_guards_refuse_nothing(journal: None, lifted_guards: None) -> None:
    Entry.objects.all().delete()
    Chain.objects.all().delete()

    assert guards._triggers(connection) == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_transactional_test_is_flushed_and_guarded_again(time: str) -> None:
    """The second time shows what the first one left: guards, and no rows."""
    assert not Entry.objects.exists()
    Department.objects.create(code=time, name="部")

    assert "audit_entry" in refused("DELETE FROM audit_entry")


@pytest.mark.django_db(transaction=True)
def test_migrate_puts_the_guards_back() -> None:
    guards.lift()

    call_command("migrate", verbosity=0)

    assert ("audit_entry", "guard_audit_entry_update") in guards._triggers(connection)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["audit_entry", "people_historicaldepartment"])
def test_a_migration_that_remakes_a_table_leaves_it_guarded(table: str, systems: Department) -> None:
    """What `migrate` calls before and after, and between them the schema editor; on SQLite that makes the table anew."""
    model = next(each for each in (Entry, Department.history.model) if each._meta.db_table == table)
    field = model._meta.get_field("reason" if model is Entry else "name")
    wider = field.clone()
    wider.null = True
    wider.set_attributes_from_name(field.name)
    wider.model = model
    rows = model._base_manager.count()

    for old, new in ((field, wider), (wider, field)):
        guards.before_migrating()
        with connection.schema_editor() as editor:
            editor.alter_field(model, old, new, strict=False)
        guards.after_migrating()

        for sql in (f"UPDATE {table} SET {field.column} = 'x'", f"DELETE FROM {table}"):
            assert refused(sql) == f"Rows of {table} are only ever added, never changed or deleted."
    assert model._base_manager.count() == rows > 0
