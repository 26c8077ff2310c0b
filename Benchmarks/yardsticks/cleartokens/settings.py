"""The least that django-oauth-toolkit needs to clear tokens, on SQLite with the durability of the others."""
import os

SECRET_KEY = "benchmark"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["BENCH_DATABASE"],
        "OPTIONS": {
            "init_command":
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;",
        },
    }
}
# Refresh tokens go as well, once their access token is over for this long. The batches are the toolkit's own.
OAUTH2_PROVIDER = {"REFRESH_TOKEN_EXPIRE_SECONDS": 86_400}
