"""Django's SQLite backend with SQLite's own limit of variables per statement.

Django 5.2 assumes the limit of 999 that SQLite had before 3.32 and cuts bulk statements into pieces of that size;
the real limit is 32,766 or more. Without this, a sweep of 500 cases would need hundreds of statements.
"""

import sqlite3

from django.db.backends.sqlite3 import base, features
from django.utils.functional import cached_property


class DatabaseFeatures(features.DatabaseFeatures):
    @cached_property
    def max_query_params(self) -> int:  # type: ignore[override]
        self.connection.ensure_connection()
        return int(self.connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER))


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
