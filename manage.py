#!/usr/bin/env python
"""The command line of Mercurios: `manage.py help` lists what it can do."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

    if sys.argv[1:2] == ["up"]:
        from portal.cli.first_start import prepare_environment

        prepare_environment(sys.argv)

    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError, ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except (OperationalError, ProgrammingError) as error:
        said = " ".join(str(error).split())  # a server says it in several lines
        sys.exit(
            f"The portal's database is not ready: {said}. Run `python manage.py migrate`, or check"
            " MERCURIOS_DATABASE_URL."
        )


if __name__ == "__main__":
    main()
