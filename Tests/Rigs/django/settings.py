"""The Django settings of the rig: django-oauth-toolkit as it comes, on SQLite, on the loopback.

What one start decides (the database's path, the hasher, the tokens' lifetime) comes from the
environment that `rig.py` sets for itself, so that this file stays an ordinary settings module.
"""

import os
import secrets

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
SECRET_KEY = secrets.token_hex(32)
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "urls"
LOGIN_URL = "/login/"
STATIC_URL = "/static/"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
]
MIDDLEWARE = [
    "observing.CountRequests",
    "observing.DateFromTheRigsClock",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

# Several threads write. WAL lets readers go on; IMMEDIATE makes a writer wait for its turn at BEGIN,
# where SQLite honours the timeout, instead of failing at once when a read lock is upgraded.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["RIG_DATABASE"],
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        },
    }
}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ],
            "loaders": [
                (
                    "django.template.loaders.locmem.Loader",
                    {"login.html": '<form method="post">{% csrf_token %}{{ form }}</form>'},
                ),
                "django.template.loaders.app_directories.Loader",
            ],
        },
    }
]

# The users' passwords are no part of what is tested, so they get the cheap hasher. The clients'
# secrets get Django's own default, unless a test asks for many authenticated requests.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

OAUTH2_PROVIDER = {
    "SCOPES": {
        "ticket.read": "Read tickets",
        "ticket.comment": "Comment on tickets",
        "ticket.write": "Create and change tickets",
        "introspection": "Introspect tokens",
    },
    # Without this a token request that names no scope gets all of them, introspection included.
    "DEFAULT_SCOPES": ["ticket.read"],
    "ACCESS_TOKEN_EXPIRE_SECONDS": int(os.environ["RIG_ACCESS_TOKEN_SECONDS"]),
    "CLIENT_SECRET_HASHER": os.environ["RIG_SECRET_HASHER"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "django-rig: %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django": {"handlers": [], "level": "WARNING", "propagate": True}},
}
