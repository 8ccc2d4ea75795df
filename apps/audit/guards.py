"""Rules that the database itself keeps: rows that are only ever added, rows that are frozen under a condition.

Triggers, on SQLite and PostgreSQL alike, installed after every `migrate`. An app names its rules in `AppConfig.ready`:

    guards.register(
        guards.Frozen("policy_rung", "EXISTS (SELECT 1 FROM policy_version v WHERE v.id = {row}.version_id …)"),
    )

A refused statement raises IntegrityError with a sentence that names the table. PostgreSQL's TRUNCATE of a guarded
table is refused too.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from simple_history.models import registered_models

from apps.audit.models import Chain, Entry, Seal

_PREFIX = "guard_"


@dataclass(frozen=True)
class AppendOnly:
    """Rows may be inserted, never updated or deleted."""

    table: str

    @property
    def refusals(self) -> dict[str, str]:
        return {"UPDATE": "TRUE", "DELETE": "TRUE"}

    @property
    def sentence(self) -> str:
        return f"Rows of {self.table} are only ever added, never changed or deleted."


@dataclass(frozen=True)
class Frozen:
    """A row for which the SQL condition `when` holds may not be inserted, updated (before or after) or deleted.

    `{row}` in the condition stands for the row concerned. With `may_enter`, only the row as it was counts: it may be
    inserted or updated into the frozen state (a draft may be published), but then stays as it is.
    """

    table: str
    when: str
    may_enter: bool = False
    sentence: str = ""

    def __post_init__(self) -> None:
        if not self.sentence:
            object.__setattr__(self, "sentence", f"This row of {self.table} is fixed and can no longer be changed.")

    @property
    def refusals(self) -> dict[str, str]:
        old, new = self.when.replace("{row}", "OLD"), self.when.replace("{row}", "NEW")
        if self.may_enter:
            return {"UPDATE": old, "DELETE": old}
        return {"INSERT": new, "UPDATE": f"({old}) OR ({new})", "DELETE": old}


@dataclass(frozen=True)
class Growing:
    """A row is never deleted, and an update must raise the number in `column` and keep the `key`."""

    table: str
    key: str
    column: str

    @property
    def refusals(self) -> dict[str, str]:
        update = f'NEW."{self.column}" <= OLD."{self.column}" OR NEW."{self.key}" <> OLD."{self.key}"'
        return {"UPDATE": update, "DELETE": "TRUE"}

    @property
    def sentence(self) -> str:
        return f"Rows of {self.table} only ever grow, and are never deleted."


Guard = AppendOnly | Frozen | Growing

_registered: dict[str, Guard] = {}


def register(*guards: Guard) -> None:
    """Name rules to be kept from the next `install` on; one per table, a later one replaces the earlier."""
    _registered.update({guard.table: guard for guard in guards})


def history_models() -> list[type[models.Model]]:
    """The history model of every model that simple-history tracks."""
    managers = (
        (model, getattr(model._meta, "simple_history_manager_attribute", "")) for model in registered_models.values()
    )
    return [getattr(model, manager).model for model, manager in managers if manager]


def all_guards() -> list[Guard]:
    """The journal's own, one for each history table, and the registered ones."""
    append_only: list[type[models.Model]] = [Entry, Seal, *history_models()]
    own: list[Guard] = [AppendOnly(model._meta.db_table) for model in append_only]
    chain = Growing(Chain._meta.db_table, key="subject", column="length")
    return [*own, chain, *_registered.values()]


def install(using: str = "default") -> None:
    """Make the database keep exactly the rules of `all_guards`, for the tables that exist. Safe to repeat.

    On PostgreSQL a trigger that is there already is left alone, so that a routine `migrate` locks no table.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        guards = [guard for guard in all_guards() if guard.table in tables]
        present = _triggers(connection)
        wanted = dict(_definitions(connection, guards))
        _drop(connection, present - wanted.keys())
        if connection.vendor == "postgresql":
            for guard in guards:
                cursor.execute(_function(guard))
        else:
            _drop(connection, present & wanted.keys())  # their conditions may have changed
            present = set()
        for key, statement in wanted.items():
            if key not in present:
                cursor.execute(statement)


def lift(using: str = "default") -> None:
    """Remove every guard. For migrations on SQLite and for tests that flush or tamper."""
    connection = connections[using]
    with transaction.atomic(using=using):
        _drop(connection, _triggers(connection))


def before_migrating(using: str = "default", **_: object) -> None:
    """SQLite cannot remake a table that another table's trigger speaks of; `after_migrating` puts the guards back."""
    if connections[using].vendor == "sqlite":
        lift(using)


def after_migrating(using: str = "default", **_: object) -> None:
    install(using)


# --- SQL --------------------------------------------------------------------------------------------------------------

Key = tuple[str, str]  # table and name of a trigger


def _triggers(connection: BaseDatabaseWrapper) -> set[Key]:
    if connection.vendor == "postgresql":
        query = (
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND starts_with(t.tgname, %s) AND pg_table_is_visible(c.oid)"
        )
    else:
        query = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' AND name GLOB %s || '*'"
    with connection.cursor() as cursor:
        cursor.execute(query, [_PREFIX])
        return set(cursor.fetchall())


def _drop(connection: BaseDatabaseWrapper, triggers: Iterable[Key]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to be made cannot be altered
            for table, name in triggers:
                cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"')
        else:
            for _table, name in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')


def _definitions(connection: BaseDatabaseWrapper, guards: Iterable[Guard]) -> Iterable[tuple[Key, str]]:
    for guard in guards:
        table = guard.table
        for event, condition in guard.refusals.items():
            name = f"{_PREFIX}{table}_{event.lower()}"
            head = f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH ROW '
            if connection.vendor == "postgresql":
                yield (table, name), head + f'EXECUTE FUNCTION "{_PREFIX}{table}"()'
            else:
                refuse = f"SELECT RAISE(ABORT, {_quoted(guard.sentence)});"
                yield (table, name), head + f"WHEN {condition} BEGIN {refuse} END"
        if connection.vendor == "postgresql":
            name = f"{_PREFIX}{table}_truncate"
            head = f'CREATE TRIGGER "{name}" BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT '
            yield (table, name), head + f'EXECUTE FUNCTION "{_PREFIX}{table}"()'


def _function(guard: Guard) -> str:
    """One function for a table: its conditions may hold sub-queries, which PostgreSQL refuses in a trigger's WHEN."""
    cases = "\n".join(
        f"WHEN '{event}' THEN IF {condition} THEN refused := TRUE; END IF;"
        for event, condition in guard.refusals.items()
    )
    return f"""
        CREATE OR REPLACE FUNCTION "{_PREFIX}{guard.table}"() RETURNS trigger LANGUAGE plpgsql AS $guard$
        DECLARE refused boolean := FALSE;
        BEGIN
            CASE TG_OP
            {cases}
            ELSE refused := TRUE;
            END CASE;
            IF refused THEN
                RAISE EXCEPTION {_quoted(guard.sentence).replace("%", "%%")}
                    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        END $guard$
    """


def _quoted(sentence: str) -> str:
    return "'" + sentence.replace("'", "''") + "'"
