"""What leaves the house: a run's best model, with all it takes to use it without Hazumi."""

from __future__ import annotations

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from sandbox import engine, store
from sandbox.engine.learners import LEARNERS
from sandbox.export.card import Card
from sandbox.export.cells import harmless, make_safe
from sandbox.models import Run

__all__ = ["Card", "bundle", "harmless", "kept", "make_safe"]

ENGINE = Path(engine.__file__).parent
PROGRAM = Path(__file__).with_name("predict.py")
LICENCE = ENGINE.parents[1] / "LICENSE"
LIBRARIES = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "lightgbm",
    "pyarrow",
    "openpyxl",
    "pillow",
)
IN_MEMORY = 8 << 20


def bundle(card: Card) -> IO[bytes]:
    """The model of a finished run as a zip; FileNotFoundError where the run left none.

    Its files (never a pickle), `model_card.md`, and `predict.py` with the source of the engine,
    which needs no Django.
    """
    files = kept(card.run)
    whole = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 – whoever sends it closes it
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        for name, key in files.items():
            with store.open_file(key) as source, archive.open(f"model/{name}", "w") as target:
                while chunk := source.read(store.CHUNK):
                    target.write(chunk)
        archive.writestr("model_card.md", card.text())
        archive.writestr("predict.py", PROGRAM.read_bytes())
        archive.writestr("requirements.txt", requirements(card.run))
        archive.writestr("LICENSE", LICENCE.read_bytes())
        archive.writestr("sandbox/__init__.py", "")
        for path in sorted(ENGINE.rglob("*.py")):
            archive.writestr(
                f"sandbox/engine/{path.relative_to(ENGINE).as_posix()}", path.read_bytes()
            )
    whole.seek(0)
    return whole


def kept(run: Run) -> dict[str, str]:
    """The store's keys of the files of a run's model by their names, none that leads elsewhere."""
    model = getattr(run, "model", None)
    names = (run.result.get("model") or {}).get("files") or []
    if model is None or not names:
        raise FileNotFoundError(f"Run {run.pk} left no model.")
    return {name: store.checked(f"{model.files}/{name}") for name in map(str, names)}


def requirements(run: Run) -> str:
    """The libraries the engine and this model stand on, as they were when it was handed out."""
    best = LEARNERS.get(str(run.result.get("best")))
    names = (*LIBRARIES, *(best.libraries if best else ()))
    # torch says after a plus for which machine it was built; another's is as good
    return "".join(f"{name}=={version(name).partition('+')[0]}\n" for name in names)
