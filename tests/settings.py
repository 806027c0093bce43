"""The portal's settings with invented secrets, a throw-away home and no HTTPS."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import zoneinfo
from functools import cache
from pathlib import Path

HOME_OF_TESTS = tempfile.mkdtemp(prefix="mercurios-")
atexit.register(shutil.rmtree, HOME_OF_TESTS, ignore_errors=True)
Path(HOME_OF_TESTS, "static").mkdir()  # WhiteNoise warns where it is missing

# Python looks through all of their files whenever it is asked, and every test makes a tenant.
zoneinfo.available_timezones = cache(zoneinfo.available_timezones)

os.environ.update(
    MERCURIOS_HOME=HOME_OF_TESTS,
    MERCURIOS_SECRET_KEY="only-for-tests-" + "x" * 50,
    MERCURIOS_CREDENTIAL_KEYS="1:" + "A" * 43 + "=",
    MERCURIOS_PSEUDONYM_KEY="only-for-tests-too",
    MERCURIOS_ALLOWED_HOSTS="*",
    MERCURIOS_HTTPS="false",
    MERCURIOS_STATIC_FROM_SOURCE="true",
    MERCURIOS_LOG_LEVEL="WARNING",
)

from portal.settings import *  # noqa: E402, F403 - the environment has to be set first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; nobody logs in here
