"""A job sees one GPU or none. Whether CUDA runs is tried where there is one, not here."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.box import gpus, place
from sandbox.box.limits import Limits
from sandbox.box.place import Place
from sandbox.box.start import WALLS, Child, Command, Need

from .boxed import needs


def command(level: str, gpu: int | None) -> Command:
    with place.folder() as root:
        return WALLS[level](Place.lay_out(root), Need(job="train", gpu=gpu))


def test_behind_namespaces_one_gpu_is_bound_and_named() -> None:
    options = command(needs("bwrap"), 1).options
    bound = [one for one, option in zip(options[1:], options, strict=False) if "dev-bind" in option]
    assert bound == list(gpus.nodes(1))
    assert options[options.index("CUDA_VISIBLE_DEVICES") + 1] == gpus.visible(1)
    assert options.index("--dev") < options.index("--dev-bind-try")
    assert "/dev/nvidia0" not in options


def test_landlock_leaves_the_device_of_one_gpu_to_be_spoken_to() -> None:
    paths = command("landlock", 0).paths
    assert paths
    assert set(gpus.nodes(0)) < set(paths["devices"])
    assert "/dev/nvidia1" not in paths["devices"]


@pytest.mark.parametrize("level", ["landlock", "rlimits"])
def test_without_one_there_is_none_to_see(level: str) -> None:
    made = command(level, None)
    assert made.environment["CUDA_VISIBLE_DEVICES"] == ""
    assert not made.paths or not any("nvidia" in path for path in made.paths["devices"])


@pytest.mark.parametrize(("gpu", "is_limited"), [(None, True), (0, False)])
def test_cuda_may_reserve_addresses_as_it_likes(gpu: int | None, is_limited: bool) -> None:
    with place.folder() as root:
        laid = Place.lay_out(root)
        (laid.job / "in" / "p.py").write_text(
            "import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0] > 0)"
        )
        child = Child.start("rlimits", laid, Need(gpu=gpu))
        child.order(Limits(), child.seen(laid.job / "in" / "p.py"))
        said, _ = child.process.communicate(timeout=60)
    assert said.decode().strip() == str(is_limited)


def test_a_gpu_is_told_by_its_own_id_where_the_driver_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "gpus" / "0000:01:00.0" / "information"
    told.parent.mkdir(parents=True)
    told.write_text("Model: \t\t H100\nGPU UUID: \t GPU-1-2\nDevice Minor: \t 3\n")
    monkeypatch.setattr(gpus, "DRIVER", str(tmp_path))
    assert gpus.visible(3) == "GPU-1-2"
    assert gpus.visible(0) == "0"
    assert gpus.visible(None) == ""
