"""Files that people take away: each is written down, since it leaves the house for good."""

from __future__ import annotations

from django.db.models import Model

from planner import audit
from planner.models import User


def away(*, by: User, of: Model, tenant: object) -> None:
    """Somebody took away a file of something."""
    audit.write("exported", by=by, of=of, tenant=tenant)
