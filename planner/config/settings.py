"""One settings file, fed by the environment. Defaults run on a bare laptop."""

import os
from pathlib import Path

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

# Lets `ModelAdmin[Team]` and friends be written at run time as they are typed.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parents[2]


def env(name: str, default: str = "") -> str:
    """A setting from NAME, or from the file that NAME_FILE points at."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text("utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE names {path}, which cannot be read: {error.strerror}."
            ) from error
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    """A yes-or-no setting: 1, true, yes or on mean yes."""
    return env(name, str(default)).lower() in {"1", "true", "yes", "on"}


DEBUG = False
# "laptop" trusts plain HTTP on this machine; "production" wants its own secret and HTTPS.
MODE = env("HAZUMI_MODE", "laptop")
if MODE not in {"laptop", "production"}:
    raise ImproperlyConfigured(f"HAZUMI_MODE is {MODE!r}; it can be laptop or production.")
PRODUCTION = MODE == "production"
VAR_DIR = Path(env("VAR_DIR", str(BASE_DIR / "var")))

SECRET_KEY = env("SECRET_KEY")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Set SECRET_KEY (or SECRET_KEY_FILE) to 50 random characters."
        )
    SECRET_KEY = "laptop-only-" + "0123456789abcdef" * 4

ALLOWED_HOSTS = [
    host for host in env("ALLOWED_HOSTS", "" if PRODUCTION else "*").split(",") if host
]
CSRF_TRUSTED_ORIGINS = [origin for origin in env("CSRF_TRUSTED_ORIGINS").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "sandbox",
    "planner",
    "workshops",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "planner.config.urls"
ASGI_APPLICATION = "planner.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    }
]

# Data -----------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        env("DATABASE_URL", f"sqlite:///{VAR_DIR / 'hazumi.sqlite3'}"), conn_max_age=0
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets readers go on while one writes; IMMEDIATE takes the one write lock at the start of
    # a transaction, so that event numbers are given out in the order in which they commit.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
STORE_URL = env("STORE_URL", str(VAR_DIR / "store"))

AUTH_USER_MODEL = "planner.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# Words ----------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ja", "日本語")]
LOCALE_PATHS = [BASE_DIR / "planner" / "locale"]
FORMAT_MODULE_PATH = "planner.config.formats"
TIME_ZONE = env("TIME_ZONE", "Asia/Tokyo")
USE_TZ = True

# Static files ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION

# Walls ----------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "planner.config.errors.forged"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
UPLOAD_MAX_BYTES = int(env("UPLOAD_MAX_BYTES", str(200 * 1024 * 1024)))
# What one team may keep: its tables, models, drawings and reports. 0 sets no limit.
TENANT_BYTES = int(env("TENANT_BYTES", str(5 * 1024**3)))
# With less room than this on its disk the server takes no more files. 0 does not look.
DISK_FLOOR_BYTES = int(env("DISK_FLOOR_BYTES", str((5 if PRODUCTION else 1) * 1024**3)))
# After how many days a workshop's data is deleted, unless its page says otherwise; empty keeps it.
RETENTION_DAYS = int(env("RETENTION_DAYS") or 0) or None

# Jobs -----------------------------------------------------------------------------------------
# A Valkey/Redis or RabbitMQ address. Empty: `manage.py dev` starts a private one on a unix socket.
BROKER_URL = env("BROKER_URL", f"redis+socket://{VAR_DIR / 'broker' / 'broker.sock'}")
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that is away must not hold up a page: the sweep rings again for what it missed.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_ROUTES = {
    "sandbox.profile": {"queue": "parse"},
    "sandbox.train": {"queue": "cpu"},
    "sandbox.predict": {"queue": "parse"},
    "sandbox.sweep": {"queue": "parse"},
    "sandbox.tidy": {"queue": "parse"},
    "planner.tidy": {"queue": "parse"},
    "workshops.forget": {"queue": "parse"},
    "planner.render": {"queue": "render"},
    "workshops.render": {"queue": "render"},
    "planner.pack": {"queue": "render"},
    "workshops.pack": {"queue": "render"},
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "sandbox.sweep", "schedule": 15.0},
    "tidy": {"task": "sandbox.tidy", "schedule": 60.0 * 60},
    "packages": {"task": "planner.tidy", "schedule": 60.0 * 60},
    "forget": {"task": "workshops.forget", "schedule": 60.0 * 60},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

# How long a worker may hold a run without a sign of life before the sweeper gives it to another.
RUN_LEASE_SECONDS = 30
RUN_MAX_ATTEMPTS = 3
# One training may use this many threads; two cores and one worker are the laptop we plan for.
RUN_THREADS = int(env("RUN_THREADS", "2"))
SANDBOX_MIN_LEVEL = env("SANDBOX_MIN_LEVEL", "rlimits")
# Weights of a ResNet-18 as a safetensors file; with them, pictures are learnt by transfer too.
SANDBOX_IMAGE_WEIGHTS = env("SANDBOX_IMAGE_WEIGHTS")

# The API --------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hazumi",
    "DESCRIPTION": "The workshop's records, for people who script.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO")},
}
