"""Small real tables to try, each with its source and licence."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    """One table that ships with the project."""

    name: str
    file: str
    spec: str
    asks: Mapping[str, Any]
    """What to tell the task type: columns by name, numbers."""
    rows: int
    title_en: str
    title_ja: str
    source: str
    address: str
    licence: str

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return FOLDER / self.file

    def title(self, language: str) -> str:
        """The title in a language of the project, English for any other."""
        return self.title_ja if language == "ja" else self.title_en


SAMPLES: dict[str, Sample] = {
    entry["name"]: Sample(**entry)
    for entry in tomllib.loads((FOLDER / "samples.toml").read_text("utf-8"))["sample"]
}
