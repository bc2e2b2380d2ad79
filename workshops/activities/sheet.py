"""A team fills in sheets of its use cases together; the console sees how complete they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy, ngettext

from planner import queries as planner_queries
from planner.models import Team, UseCase, User
from planner.sheets import SHEETS
from workshops import queries
from workshops.activities.base import Activity, BadAgenda
from workshops.models import Audience, Step
from workshops.queries import Tally
from workshops.rules import MOST_USE_CASES


class Sheets(Activity):
    """Written is saved, field by field; every device of the team shows the same sheet."""

    title = gettext_lazy("Team sheet")
    icon = "file-text"
    is_by_team = True
    is_watched = True
    default_script = {
        "en": (
            "Go to the team with the emptiest bar. Read their last "
            "sentence aloud and ask: how would we notice?"
        ),
        "ja": "進んでいないチームへ行き、最後の一文を読んで「何を見れば分かる?」と聞きます。",
    }

    def check(self, options: Mapping[str, Any]) -> None:
        """Sheets of the planner, for all use cases or only for the chosen one."""
        lost = [name for name in options.get("sheets", []) if name not in SHEETS]
        if lost or not options.get("sheets"):
            raise BadAgenda(f"sheet: no such sheet: {lost or 'none named'}")

    def use_cases(self, step: Step, team: Team | None) -> list[UseCase]:
        """Those that are written on: all of the team, or only the one it chose."""
        found = queries.ballot(step, team)
        prefetch_related_objects(found, "answers")
        if step.options.get("chosen_only"):
            return [case for case in found if case.is_chosen] or found[:1]
        return found

    def context(self, step: Step, audience: str, team: Team | None = None) -> dict[str, Any]:
        """The team's use cases with how complete each sheet is."""
        found: dict[str, Any] = {
            "sheets": [SHEETS[name] for name in step.options["sheets"]],
            "chosen_only": bool(step.options.get("chosen_only")),
        }
        if audience == Audience.ROOM:
            found["cards"] = self.cards(step, team)
            found["may_add"] = (
                team is not None
                and not step.options.get("chosen_only")
                and len(found["cards"]) < MOST_USE_CASES
            )
        return found

    def cards(self, step: Step, team: Team | None) -> list[dict[str, Any]]:
        """Each use case with its sheets and how many of their fields are filled in."""
        return [
            {
                "use_case": case,
                "sheets": [
                    {"sheet": SHEETS[name], "done": done, "total": total}
                    for name, (done, total) in self.counts(step, case).items()
                ],
            }
            for case in self.use_cases(step, team)
        ]

    def counts(self, step: Step, use_case: UseCase) -> dict[str, tuple[int, int]]:
        """Filled and required fields of each sheet of the step."""
        values = planner_queries.all_values(use_case)
        found = {}
        for name in step.options["sheets"]:
            sheet = SHEETS[name]
            total = sum(field.required for field in sheet.fields)
            found[name] = (total - len(sheet.missing(values.get(name, {}))), total)
        return found

    def mine(
        self, step: Step, user: User | None, team: Team | None, look: str = ""
    ) -> dict[str, Any]:
        """Which use case and sheet this person looks at: `look` is `use case/sheet`."""
        cases = self.use_cases(step, team)
        wanted, _slash, sheet = look.partition("/")
        case = next((case for case in cases if str(case.pk) == wanted), cases[0] if cases else None)
        sheets = step.options["sheets"]
        return {"use_case": case, "sheet": SHEETS[sheet if sheet in sheets else sheets[0]]}

    def has_writing(self, step: Step) -> bool:
        """Sheets are always the team's own."""
        return True

    def shows(self, step: Step, sheet: str) -> bool:
        """The sheets of the step, whichever of them somebody looks at."""
        return sheet in step.options["sheets"]

    def progress(self, step: Step) -> Sequence[Tally]:
        """For each team, the filled and required fields of its use cases."""
        found = []
        for team in step.workshop.teams.all():
            cases = self.use_cases(step, team)
            pairs = [pair for case in cases for pair in self.counts(step, case).values()]
            found.append(
                Tally(
                    label=team.name,
                    done=sum(done for done, _total in pairs),
                    total=sum(total for _done, total in pairs),
                    words=ngettext("%(number)d use case", "%(number)d use cases", len(cases))
                    % {"number": len(cases)},
                )
            )
        return found


ACTIVITY = Sheets()
