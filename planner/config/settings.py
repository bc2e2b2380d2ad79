"""One settings file, fed by the environment. Defaults run on a bare laptop."""

import os
from datetime import timedelta
from ipaddress import ip_network
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
# Whose X-Forwarded-For is believed: addresses or networks, and "unix" for a socket.
TRUSTED_PROXIES = [proxy.strip() for proxy in env("TRUSTED_PROXIES").split(",") if proxy.strip()]
for proxy in TRUSTED_PROXIES:
    if proxy != "unix":
        try:
            ip_network(proxy, strict=False)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"TRUSTED_PROXIES names {proxy}, which is no address and no network."
            ) from error

INSTALLED_APPS = [
    "planner.config.apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
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
    "planner.config.requests.identified",
    "planner.config.access.watched",
    "planner.config.guard.guarded",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",
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
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: who guesses is not even asked
    "django.contrib.auth.backends.ModelBackend",
]
# Ten wrong passwords for one name from one address: ten minutes, then again. Never the address
# alone – a whole company comes from one – nor the name alone, which would lock its owner out.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "planner.config.guard.address"
AXES_LOCKOUT_CALLABLE = "planner.views.home.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # the audit log has it, without the names that people typed
AXES_VERBOSE = False
# A second step at sign-in is each account's choice; with this, administration asks for one.
OTP_REQUIRED_FOR_ADMIN = flag("OTP_REQUIRED_FOR_ADMIN", default=PRODUCTION)
OTP_TOTP_ISSUER = "Hazumi"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
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
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# `__Host-`: no other host under the same domain can set or shadow them.
SESSION_COOKIE_NAME = "__Host-sessionid" if PRODUCTION else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if PRODUCTION else "csrftoken"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
# Monitors ask from inside, without HTTPS.
SECURE_REDIRECT_EXEMPT = [r"^(live|ready|health|metrics)$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 20
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
# A broker may be away for an hour: a worker waits for it, and a page does not (`sandbox.tasks`).
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object]
if BROKER_URL.startswith(("amqp", "pyamqp")):
    # Quorum queues outlive a node, and a bell counts as sent once the broker says so.
    CELERY_TASK_DEFAULT_QUEUE_TYPE = CELERY_TASK_CREATE_MISSING_QUEUE_TYPE = "quorum"
    CELERY_WORKER_DETECT_QUORUM_QUEUES = True
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}
else:
    # A bell that is heard for longer than the timeout comes again, and finds nothing to do.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3600,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "socket_keepalive": True,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    }
CELERY_TASK_IGNORE_RESULT = True
# Acknowledged late, so that a worker whose slots are busy holds no bells that another could hear.
# That a job is neither lost nor done twice does not hang on it: the row is the truth.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Each worker has a queue of its own, in which it proves to itself that it still hears.
CELERY_WORKER_DIRECT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "cpu"
QUEUES = ("cpu", "gpu", "parse", "render")

# How long a worker may hold a job without a sign of life before another may have it.
RUN_LEASE_SECONDS = int(env("RUN_LEASE_SECONDS", "30"))
RUN_MAX_ATTEMPTS = int(env("RUN_MAX_ATTEMPTS", "3"))
# A job that waits is rung for again after this long.
RUN_UNHEARD_SECONDS = 8
# How long a worker that was told to end lets its jobs go on before it gives them back.
WORKER_GRACE_SECONDS = int(env("WORKER_GRACE_SECONDS", "30"))
# How often a worker proves that it still hears; one that fails twice ends, to be started again.
WORKER_PROVES_SECONDS = int(env("WORKER_PROVES_SECONDS", "30"))
# What one team may have at once: trainings running and waiting, and short jobs of a kind running.
TENANT_RUNNING = int(env("TENANT_RUNNING", "1"))
TENANT_QUEUED = int(env("TENANT_QUEUED", "3"))
TENANT_RUNNING_SHORT = int(env("TENANT_RUNNING_SHORT", "4"))
# One training may use this many threads; two cores and one worker are the laptop we plan for.
RUN_THREADS = int(env("RUN_THREADS", "2"))
# Below this level of the wall neither web nor workers start.
SANDBOX_MIN_LEVEL = env("SANDBOX_MIN_LEVEL", "landlock" if PRODUCTION else "rlimits")
# Whom jobs run as where the worker is root.
SANDBOX_USER = env("SANDBOX_USER", "nobody")
# How many processes wait with their imports done in each worker process, for each kind of job.
SANDBOX_WARM = int(env("SANDBOX_WARM", "1"))
# So many runs share each GPU and its memory; with 0 workers lend none.
GPU_RUNS = int(env("GPU_RUNS", "1"))
# A worker says every third of this that it is there; one not heard for longer gets no new runs.
WORKER_FRESH_SECONDS = 60
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
    "DEFAULT_THROTTLE_CLASSES": ["planner.config.pace.Pace"],
    "NUM_PROXIES": 0,  # the address is known already; nobody chooses theirs with a header
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
# Requests a minute: of one person, and of one address that nobody signed in from.
API_PER_MINUTE = int(env("API_PER_MINUTE", "300"))
API_PER_MINUTE_ANONYMOUS = int(env("API_PER_MINUTE_ANONYMOUS", "60"))
SPECTACULAR_SETTINGS = {
    "TITLE": "Hazumi",
    "DESCRIPTION": "The workshop's records, for people who script.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# The log and the figures -----------------------------------------------------------------------
LOG_FORMAT = env("LOG_FORMAT", "json" if PRODUCTION else "line")
if LOG_FORMAT not in {"json", "line"}:
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}; it can be json or line.")
LOG_LEVEL = env("LOG_LEVEL", "INFO")
ACCESS_LOG = flag("ACCESS_LOG", default=PRODUCTION)
# Who shows it sees /metrics and the details of /health; without one, only this machine does.
METRICS_TOKEN = env("METRICS_TOKEN")
# The streams of open pages, ended when the process is told to stop so that browsers come back soon.
STREAMS = "workshops.live.hub"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"context": {"()": "planner.config.logs.Context"}},
    "formatters": {
        "line": {"()": "planner.config.logs.Line"},
        "json": {"()": "planner.config.logs.Json"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["context"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Who signed in is in the audit log; axes says at length what it did not find.
        "axes": {"level": "WARNING"},
        # Our own line tells of each request; Django's would tell its address, join code and all.
        "hazumi.access": {"level": "INFO" if ACCESS_LOG else "WARNING"},
        "django.request": {"level": "ERROR"},
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {"handlers": [], "propagate": False},
        # Whoever starts these waits for the line that they can be used.
        "uvicorn.error": {"level": "INFO"},
        "celery.apps.worker": {"level": "INFO"},
    },
}
