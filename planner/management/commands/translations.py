"""`manage.py translations`: compiles the catalogues; no system tool is needed."""

from __future__ import annotations

from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Turns every django.po that is newer than its django.mo into one."""

    help = "Compile the translations that changed."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Compile what is stale."""
        for folder in settings.LOCALE_PATHS:
            for po in folder.glob("*/LC_MESSAGES/django.po"):
                mo = po.with_suffix(".mo")
                if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
                    continue
                with po.open("rb") as source, mo.open("wb") as compiled:
                    write_mo(compiled, read_po(source))
