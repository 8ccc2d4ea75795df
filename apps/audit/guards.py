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

from apps.audit import personal
from apps.audit.models import Chain, Entry, RedactedEntry, Redaction, Seal

_PREFIX = "guard_"


@dataclass(frozen=True)
class AppendOnly:
    """Rows may be inserted, never updated or deleted.

    `unless` is the SQL condition on OLD and NEW under which an update may pass after all, `only_when` the one on NEW
    without which not even an insert may.
    """

    table: str
    unless: str = ""
    only_when: str = ""
    sentence: str = ""

    def __post_init__(self) -> None:
        if not self.sentence:
            sentence = f"Rows of {self.table} are only ever added, never changed or deleted."
            object.__setattr__(self, "sentence", sentence)

    @property
    def refusals(self) -> dict[str, str]:
        update = f"NOT COALESCE(({self.unless}), FALSE)" if self.unless else "TRUE"
        insert = {"INSERT": f"NOT COALESCE(({self.only_when}), FALSE)"} if self.only_when else {}
        return insert | {"UPDATE": update, "DELETE": "TRUE"}


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
    chain = Growing(Chain._meta.db_table, key="subject", column="length")
    history = [_history(model) for model in history_models()]
    return [
        _entry(),
        AppendOnly(Seal._meta.db_table),
        chain,
        _redacted(),
        _redaction(),
        *history,
        *_registered.values(),
    ]


# --- the one thing that may change what was written: a redaction that two people agreed on ------------------------------

_PERMIT = (
    f"EXISTS (SELECT 1 FROM {RedactedEntry._meta.db_table} r JOIN {Redaction._meta.db_table} d ON d.id = r.redaction_id "  # noqa: S608
    f"JOIN {Entry._meta.db_table} e ON e.id = r.entry_id WHERE d.state = 'APPROVED' AND e.salt <> r.salt AND {{which}})"
)


def _entry() -> AppendOnly:
    """An entry gets the salt that its redaction names, once; its reason may be blanked with it."""
    permit = _PERMIT.format(which="r.entry_id = OLD.id AND r.salt = NEW.salt")
    same = _same(Entry, but=("salt", "reason"))
    return AppendOnly(
        Entry._meta.db_table, f"{permit} AND {same} AND (NEW.reason = OLD.reason OR NEW.reason = '{personal.BLACK}')"
    )


def _history(model: type[models.Model]) -> AppendOnly:
    """A history row's personal columns may be blanked as long as its entry has not got its new salt."""
    table, label = model._meta.db_table, model.instance_type._meta.label_lower  # type: ignore[attr-defined]
    if not personal.blanks_of(label):
        return AppendOnly(table)
    permit = _PERMIT.format(which=f"r.record = '{model._meta.label_lower}:' || OLD.{model._meta.pk.column}")
    columns = [str(field.column) for field in model._meta.concrete_fields]
    return AppendOnly(table, f"{permit} AND {personal.permitted(label, columns)}")


def _redacted() -> AppendOnly:
    """Permits are given while an approved redaction is carried out, never before or after."""
    approved = (
        f"EXISTS (SELECT 1 FROM {Redaction._meta.db_table} d WHERE d.id = NEW.redaction_id AND d.state = 'APPROVED')"  # noqa: S608
    )
    sentence = "A redacted entry is written while its approved redaction is carried out, and never changed or deleted."
    return AppendOnly(RedactedEntry._meta.db_table, only_when=approved, sentence=sentence)


def _redaction() -> AppendOnly:
    """What is asked for stays as it was asked; a step is never taken back, nor one left out."""
    steps = (
        "(OLD.state = 'PROPOSED' AND NEW.state IN ('REQUESTED', 'DECLINED')) "
        f"OR (OLD.state = 'REQUESTED' AND NEW.state IN ('APPROVED', 'DECLINED') AND {_ASKED}) "
        f"OR (OLD.state = 'APPROVED' AND NEW.state IN ('APPROVED', 'DONE') AND {_ASKED} AND NEW.decided_by = OLD.decided_by)"
    )
    same = "NEW.id = OLD.id AND NEW.subjects = OLD.subjects AND NEW.created_at = OLD.created_at"
    return AppendOnly(
        Redaction._meta.db_table,
        f"{same} AND ({steps})",
        only_when="NEW.state IN ('PROPOSED', 'REQUESTED')",
        sentence="A redaction is proposed or asked for, then decided, then carried out; its steps are never taken back.",
    )


_ASKED = "NEW.requested_by = OLD.requested_by AND NEW.reason = OLD.reason"


def _same(model: type[models.Model], *, but: Iterable[str]) -> str:
    columns = (str(field.column) for field in model._meta.concrete_fields if str(field.column) not in but)
    return " AND ".join(f'NEW."{column}" IS NOT DISTINCT FROM OLD."{column}"' for column in columns)


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
