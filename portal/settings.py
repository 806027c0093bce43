"""The portal's settings, from the environment or from `$MERCURIOS_HOME/settings.env`.

Nothing exists only in production: production is a matter of values. `docs/settings.md` lists them.
"""

from __future__ import annotations

import re
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from portal.lib.crypto import Keyring, KeyringInvalid
from portal.lib.environment import Environment

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(env.str("MERCURIOS_HOME", default=str(BASE_DIR / "var"))).resolve()

# `manage.py up` writes this file on its first start, so that every later command agrees with it.
env.read_env(HOME / "settings.env", overwrite=False)


def required(name: str) -> str:
    value = str(env.str(name, default=""))
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Run `python manage.py up` once to create {HOME / 'settings.env'},"
            f" or set {name} in the environment."
        )
    return value


# --- Secrets -------------------------------------------------------------------------------------

SECRET_KEY = required("MERCURIOS_SECRET_KEY")
# Newest first, as "2:<base64>,1:<base64>": the first encrypts, all decrypt.
CREDENTIAL_KEYS = required("MERCURIOS_CREDENTIAL_KEYS")
try:
    Keyring.parse(CREDENTIAL_KEYS)
except KeyringInvalid as error:
    raise ImproperlyConfigured(f"Correct MERCURIOS_CREDENTIAL_KEYS: {error}") from error
# Keys the hashes that stand in for personal values. It must never change: joins depend on it.
PSEUDONYM_KEY = required("MERCURIOS_PSEUDONYM_KEY")
SECRET_STORE = env.str(
    "MERCURIOS_SECRET_STORE", default="portal.connections.secrets.EncryptedColumn"
)
# For portal.connections.secrets_aws.SecretsManager. Secrets are named PREFIX/tenant/connection.
SECRETS_PREFIX = env.str("MERCURIOS_SECRETS_PREFIX", default="mercurios")
if not re.fullmatch(r"[A-Za-z0-9_+=.@-]+(/[A-Za-z0-9_+=.@-]+)*", SECRETS_PREFIX):
    raise ImproperlyConfigured(
        f"MERCURIOS_SECRETS_PREFIX is {SECRETS_PREFIX!r}. Write letters, digits and single slashes"
        " between them, such as mercurios/production."
    )
# Empty: the account's own key for Secrets Manager.
SECRETS_KMS_KEY = env.str("MERCURIOS_SECRETS_KMS_KEY", default="")
SECRETS_CACHE_SECONDS = env.whole("MERCURIOS_SECRETS_CACHE_SECONDS", least=0, most=3600, default=60)
# AWS allows no fewer than seven days to change one's mind.
SECRETS_RECOVERY_DAYS = env.whole("MERCURIOS_SECRETS_RECOVERY_DAYS", least=7, most=30, default=30)

# Where tenants' warehouses may be, the one of new tenants first.
ENGINES = env.list("MERCURIOS_ENGINES", default=["DUCKDB"])
if not ENGINES or not set(ENGINES) <= {"DUCKDB", "SNOWFLAKE"}:
    raise ImproperlyConfigured(
        f"MERCURIOS_ENGINES is {','.join(ENGINES)!r}. Write DUCKDB, SNOWFLAKE, or both with a comma"
        " between them."
    )

# With it the worker reports. Registered by `manage.py service_key`, which `up` calls as well.
SERVICE_TOKEN = env.str("MERCURIOS_SERVICE_TOKEN", default="")

# --- Where things are ----------------------------------------------------------------------------

LAKE = env.str("MERCURIOS_LAKE", default=str(HOME / "lake"))
# Of a lake on S3: copies of published files, for DuckDB to read.
LAKE_CACHE = HOME / "cache"
LAKE_CACHE_MB = env.whole("MERCURIOS_LAKE_CACHE_MB", least=100, most=10_000_000, default=2048)
# The ports that `manage.py up` uses on one machine.
PORTAL_PORT = env.port("MERCURIOS_PORTAL_PORT", default=8000)
PREFECT_PORT = env.port("MERCURIOS_PREFECT_PORT", default=4200)
TILL_PORT = env.port("MERCURIOS_TILL_PORT", default=8700)
PREFECT_API_URL = env.str("PREFECT_API_URL", default=f"http://127.0.0.1:{PREFECT_PORT}/api")
PREFECT_API_AUTH_STRING = env.str("PREFECT_API_AUTH_STRING", default="")
PREFECT_UI_URL = env.str("PREFECT_UI_URL", default=PREFECT_API_URL.removesuffix("/api"))
PLATFORM_POOL = "mercurios"  # as in prefect.yaml
# Where retailers' flow runs are: processes of a worker, or tasks of AWS's container service. A pool
# cannot change its type, so each type has a pool of its own.
WORK_POOL_TYPE = env.choice("MERCURIOS_WORK_POOL_TYPE", known=("process", "ecs"), default="process")
WORK_POOL = PLATFORM_POOL if WORK_POOL_TYPE == "process" else f"{PLATFORM_POOL}-ecs"
ECS_CLUSTER = env.str("MERCURIOS_ECS_CLUSTER", default="mercurios")
ECS_TASK_DEFINITION = env.str("MERCURIOS_ECS_TASK_DEFINITION", default="mercurios-flow-run")
ECS_SUBNETS = env.list("MERCURIOS_ECS_SUBNETS", default=[])
ECS_SECURITY_GROUPS = env.list("MERCURIOS_ECS_SECURITY_GROUPS", default=[])
ECS_PUBLIC_ADDRESS = env.bool("MERCURIOS_ECS_PUBLIC_ADDRESS", default=False)
if WORK_POOL_TYPE == "ecs" and not (ECS_SUBNETS and ECS_SECURITY_GROUPS):
    raise ImproperlyConfigured(
        "Tasks need a network: set MERCURIOS_ECS_SUBNETS and MERCURIOS_ECS_SECURITY_GROUPS, or"
        " MERCURIOS_WORK_POOL_TYPE=process."
    )
ALLOW_PRIVATE_HOSTS = env.bool("MERCURIOS_ALLOW_PRIVATE_HOSTS", default=False)

# --- Alerts --------------------------------------------------------------------------------------

# Where people are told that a connection's runs do not end well; see portal.alerts.channels.
ALERTS = env.list("MERCURIOS_ALERTS", default=["log:"])
vars().update(env.email_url("MERCURIOS_EMAIL_URL", default="smtp://localhost:25"))
EMAIL_TIMEOUT = 5  # a run's last report waits for it
DEFAULT_FROM_EMAIL = env.str("MERCURIOS_EMAIL_FROM", default="mercurios@localhost")

# --- Costs ---------------------------------------------------------------------------------------

PRICE_PER_CPU_HOUR = env.price("MERCURIOS_PRICE_PER_CPU_HOUR", default="0.05")
PRICE_PER_GB_READ = env.price("MERCURIOS_PRICE_PER_GB_READ", default="0.01")
PRICE_PER_GB_MONTH = env.price("MERCURIOS_PRICE_PER_GB_MONTH", default="0.02")
PRICE_PER_CREDIT = env.price("MERCURIOS_PRICE_PER_CREDIT", default="3.00")
PRICE_PER_SNOWFLAKE_TB_MONTH = env.price("MERCURIOS_PRICE_PER_SNOWFLAKE_TB_MONTH", default="23.00")
COST_CURRENCY = env.str("MERCURIOS_COST_CURRENCY", default="EUR")

# --- Django --------------------------------------------------------------------------------------

DEBUG = env.bool("MERCURIOS_DEBUG", default=False)
ALLOWED_HOSTS = env.list("MERCURIOS_ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("MERCURIOS_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("MERCURIOS_HTTPS", default=True)
# Where links in messages lead: to the first address that people use.
PUBLIC_URL = (CSRF_TRUSTED_ORIGINS or [f"http://127.0.0.1:{PORTAL_PORT}"])[0].rstrip("/")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "portal.tenants",
    "portal.marketplace",
    "portal.connections",
    "portal.pipelines",
    "portal.runs",
    "portal.alerts",
    "portal.drift",
    "portal.costs",
    "portal.warehouses",
    "portal.access",
    "portal.api",
    "portal.pages",
    "portal.cli",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.tenants.middleware.AdminMayEvaluate",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.tenants.middleware.AdminSeesAllTenants",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "portal" / "templates"],
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

DATABASES = {
    "default": env.db_url("MERCURIOS_DATABASE_URL", default=f"sqlite:///{HOME / 'portal.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Flow runs report while people click: readers must not block the writer, and a transaction
    # that will write takes its lock at once instead of failing half-way.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # A connection costs a server more than a query. One that died is noticed before it is used.
    DATABASES["default"] = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True} | DATABASES["default"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_URL = reverse_lazy("login")
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = reverse_lazy("login")

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "portal" / "static"]
STATIC_ROOT = Path(env.str("MERCURIOS_STATIC_ROOT", default=str(HOME / "static")))
# One machine needs no collectstatic: files are served from where they are.
WHITENOISE_USE_FINDERS = env.bool("MERCURIOS_STATIC_FROM_SOURCE", default=not STATIC_ROOT.exists())

# --- Security ------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Health checks and flow runs reach the portal inside the private network, without the proxy.
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^api/v1/(flow|platform)/"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    # The pages of tenants are stricter, see portal.pages; the admin has to be less strict, see
    # portal.tenants.middleware; and the API says its own, see portal.api.
    "EXCLUDE_URL_PREFIXES": ["/api/"],
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, "'unsafe-inline'"],  # the charts position their tooltips inline
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# --- REST ----------------------------------------------------------------------------------------

# So many requests a `s`, `min`, `h` or `d` from one key; flow runs are not counted.
API_RATE = env.str("MERCURIOS_API_RATE", default="600/min")
if not re.fullmatch(r"[1-9][0-9]*/(s|min|h|d)", API_RATE):
    raise ImproperlyConfigured(f"MERCURIOS_API_RATE is {API_RATE!r}. Write it like 600/min.")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["portal.api.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["portal.api.throttling.KeyThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.json_body.StrictJsonParser"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.ScopedSchema",
    "EXCEPTION_HANDLER": "portal.api.errors.problem_details",
    "DEFAULT_PAGINATION_CLASS": None,
    "UNAUTHENTICATED_USER": None,
    # `format` is a parameter of our own where it means something, and unknown elsewhere.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Mercurios",
    "DESCRIPTION": (
        "Tenants, connections, runs and the published numbers of Mercurios. Send a key as"
        " `Authorization: Bearer mk_…`; each operation names the scope that the key needs. What"
        " belongs to another tenant answers like what does not exist."
    ),
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PUBLIC": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "portal.runs.models.Run.Status",
        "RunEnd": "portal.api.flow.ENDS",
        "StreamStatus": "portal.runs.models.StreamResult.Status",
        "Engine": "portal.tenants.models.Tenant.Engine",
        "ScheduleKind": "portal.connections.models.Schedule.Kind",
        "FieldKind": "portal.api.connectors.FIELD_KINDS",
        "CostKind": "portal.costs.models.Kind",
    },
}

# --- Admin ---------------------------------------------------------------------------------------


def _admin_link(title: str, icon: str, page: str, permission: str = "") -> dict[str, object]:
    """A page's link for those with the permission: to look at its rows, unless another is named."""
    permission = permission or ".view_".join(page.split("_"))
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(page if ":" in page else f"admin:{page}_changelist"),
        "permission": lambda request: request.user.has_perm(permission),
    }


UNFOLD = {
    "SITE_TITLE": "Mercurios",
    "SITE_HEADER": "Mercurios",
    "SITE_SYMBOL": "storefront",
    "SHOW_HISTORY": True,
    "COLORS": {  # the blue of the tenants' pages, from light to dark
        "primary": {
            "50": "oklch(97% .014 240)",
            "100": "oklch(93% .032 240)",
            "200": "oklch(88% .06 240)",
            "300": "oklch(80% .1 240)",
            "400": "oklch(70% .13 242)",
            "500": "oklch(60% .14 245)",
            "600": "oklch(51% .13 246)",
            "700": "oklch(45% .115 247)",
            "800": "oklch(40% .1 248)",
            "900": "oklch(36% .085 249)",
            "950": "oklch(27% .06 250)",
        },
    },
    "DASHBOARD_CALLBACK": "portal.runs.dashboard.dashboard",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "Retailers",
                "items": [
                    _admin_link("Tenants", "storefront", "tenants_tenant"),
                    _admin_link("Connections", "cable", "connections_connection"),
                    _admin_link(
                        "Marketplace",
                        "extension",
                        "marketplace_uploadedconnector",
                        "marketplace.manage",
                    ),
                ],
            },
            {
                "title": "Operation",
                "items": [
                    _admin_link("Runs", "history", "runs_run"),
                    _admin_link("Pipelines", "schedule", "pipelines_pipeline"),
                    _admin_link("Drift", "schema", "drift_driftevent"),
                    _admin_link("Alerts", "notifications", "alerts_alert"),
                    _admin_link("Costs", "payments", "costs:overview", "costs.view_ledgerday"),
                    {
                        "title": "Snowflake",
                        "icon": "ac_unit",
                        "link": reverse_lazy("admin:warehouses_warehouseaction_changelist"),
                        "permission": "portal.warehouses.allowed.is_shown_to",
                    },
                    {"title": "Prefect", "icon": "open_in_new", "link": PREFECT_UI_URL},
                ],
            },
            {
                "title": "Access",
                "items": [
                    _admin_link("Users", "person", "auth_user"),
                    _admin_link("API keys", "key", "access_apikey"),
                    _admin_link("Credential uses", "policy", "connections_credentialuse"),
                    {"title": "API docs", "icon": "api", "link": reverse_lazy("api-docs")},
                ],
            },
        ],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # That Prefect does not answer is said once, by us, and not at each retry.
    "loggers": {"urllib3.connectionpool": {"level": "ERROR"}},
    "root": {"handlers": ["stderr"], "level": env.str("MERCURIOS_LOG_LEVEL", default="INFO")},
}
