import os

SECRET_KEY = "only for this example"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "hooks.views"
INSTALLED_APPS = ["hooks"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MUX_SECRET = os.environ["MUX_SECRET"]
if "POSTGRES" in os.environ:
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": os.environ["POSTGRES"], "NAME": "postgres", "USER": "media"}}
else:
    # Writers take the lock at once: one that took it later could find that what it has read is old.
    options = {"timeout": 30, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode = WAL"}
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"], "OPTIONS": options}}
