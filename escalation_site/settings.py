"""Settings, read from the environment or from `.env` (see `.env.example`); a bad value stops the start by name."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"  # the SQLite file, the filesystem broker, the beat's memory

env = environ.Env()
env.read_env(BASE_DIR / ".env")

# --- safety -----------------------------------------------------------------------------------------------------------
if "SECRET_KEY" not in env.ENVIRON:
    raise SystemExit(
        "SECRET_KEY is not set. Run `make setup`, which writes one into .env, or put it into the environment."
    )
SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=False)  # True behind a TLS-terminating balancer that sets X-Forwarded-Proto
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # balancers ask over plain HTTP
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "blob:"],  # blob: a photo before it is sent
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- the project ------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",  # before django.contrib.admin, whose templates it overrides
    "unfold.contrib.simple_history",
    "unfold.contrib.import_export",
    "escalation_site",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_fsm",
    "simple_history",
    "import_export",
    "axes",
    "apps.audit",
    "apps.people",
    "apps.policy",
    "apps.notifications",
    "apps.cases",
    "apps.insights",
    "apps.desk",
    "apps.nearmiss",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "escalation_site.csp.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.people.middleware.ReaderMiddleware",
    "apps.people.middleware.OnlyReadingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "escalation_site.urls"
WSGI_APPLICATION = "escalation_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True  # what a spreadsheet would compute goes out as text
SIMPLE_HISTORY_REVERT_DISABLED = True  # history is read, never written back
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- data -------------------------------------------------------------------------------------------------------------
VAR_DIR.mkdir(exist_ok=True)
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'esukare.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"] |= {
        "ENGINE": "escalation_site.sqlite",
        "OPTIONS": {
            "timeout": 20,
            # Without IMMEDIATE, concurrent writers fail with 'database is locked' as soon as they upgrade a read lock.
            "transaction_mode": "IMMEDIATE",
            # secure_delete: what a redaction blanks is overwritten in the file, not merely forgotten.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
            "PRAGMA secure_delete=ON;",
        },
    }
else:
    # To compile the statement of a list (JIT) takes PostgreSQL ten times as long as to run it.
    options = {"options": "-c jit=off"} | DATABASES["default"].get("OPTIONS", {})
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}

# --- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "apps.people.backends.RoleBackend"]
# Who guesses is locked out: this name from this address, so that one hospital behind one address can still sign in.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the time that the page names stays true
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "escalation_site.sign_in.address_of"
AXES_LOCKOUT_CALLABLE = "escalation_site.sign_in.locked_out"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# --- language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "escalation_site" / "locale", BASE_DIR / "escalation_site" / "locale_libraries"]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True

# --- static files -----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Served by a view that asks who may see the case, never by the web server: hence no address of its own.
    "attachments": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": env.str("ATTACHMENTS_DIR", default=str(VAR_DIR / "attachments")), "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_MB", default=20) * 2**20  # one file
CASE_MAX_BYTES = env.int("CASE_MAX_MB", default=200) * 2**20  # all files of a case together

# --- mail -------------------------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="esukare@localhost")
EMAIL_TIMEOUT = 20  # seconds
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}").rstrip("/")

# --- a witness outside ------------------------------------------------------------------------------------------------
# The day's seal over the journal goes there, so that nobody inside can rewrite the past unseen.
SEAL_MAIL_TO = env.list("SEAL_MAIL_TO", default=[])
SEAL_WEBHOOK_URL = env.str("SEAL_WEBHOOK_URL", default="")
if SEAL_WEBHOOK_URL and not SEAL_WEBHOOK_URL.startswith(("https://", "http://")):
    raise SystemExit("SEAL_WEBHOOK_URL must begin with https:// (or http://).")

# --- Celery -----------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if CELERY_BROKER_URL.startswith("filesystem"):
    BROKER_DIR = VAR_DIR / "broker"
    BROKER_DIR.mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT = "escalation_site.broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR),
        "data_folder_out": str(BROKER_DIR),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.1,
    }
elif CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 60, "unacked_restore_interval": 5}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
NUDGE_SECONDS = 15
# A nudge that waited longer than the next one is worthless: it expires instead of piling up behind a stopped worker.
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "cases.sweep", "schedule": NUDGE_SECONDS, "options": {"expires": NUDGE_SECONDS}},
    "deliver": {"task": "notifications.deliver", "schedule": NUDGE_SECONDS, "options": {"expires": NUDGE_SECONDS}},
    "seal": {"task": "audit.seal", "schedule": 3600, "options": {"expires": 3600}},
    "verify": {"task": "audit.verify", "schedule": 60, "options": {"expires": 60}},
    "redact": {"task": "audit.redact", "schedule": 60, "options": {"expires": 60}},
    "post_seals": {"task": "audit.post_seals", "schedule": 60, "options": {"expires": 60}},
    "mail_seals": {"task": "notifications.mail_seals", "schedule": 300, "options": {"expires": 300}},
    "propose_redactions": {"task": "cases.propose_redactions", "schedule": 3600 * 6, "options": {"expires": 3600}},
}

# --- logging ----------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "PIL": {"level": "INFO"},  # its DEBUG writes down what a camera put into a photo: place, owner
        "axes": {"level": "WARNING"},  # who failed to sign in, not who did
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
}

UNFOLD = {
    "SITE_TITLE": _("Esukare"),
    "SITE_HEADER": _("Esukare"),
    "SITE_SUBHEADER": _("Escalation desk"),
    "SITE_SYMBOL": "escalator",
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "apps.insights.first_page.first_page",
    "SIDEBAR": {"navigation": "escalation_site.navigation.navigation"},
    "STYLES": [
        lambda _request: static("cases/admin.css"),
        lambda _request: static("cases/conversation.css"),
        lambda _request: static("people/lists.css"),
        lambda _request: static("policy/admin.css"),
    ],
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("cases/favicon.svg")},
    ],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        },
    },
}
