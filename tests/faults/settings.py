"""The product's settings, and the jobs that only tests have."""

from planner.config.settings import *  # noqa: F403
from planner.config.settings import INSTALLED_APPS as OURS

INSTALLED_APPS = [*OURS, "tests.faults.toil"]
MIGRATION_MODULES = {"toil": None}
