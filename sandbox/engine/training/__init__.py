"""From a table to a judged model: compare, look at the test once, keep the best."""

from typing import Any

from sandbox.engine.job import Job
from sandbox.engine.problems import by_gravity

from . import comparison, conclusion
from .course import begin, peak_mb


def train(job: Job) -> dict[str, Any]:
    """Run a training job; the result as `result.json` holds it. Files go to `out/`."""
    course = begin(job)
    comparison.compare(course)
    comparison.judge_skill(course)
    course.tell("explaining", 0.72)
    fitted, raw = conclusion.test(course)
    result = conclusion.result(course, raw)
    result["model"] = conclusion.keep(course, fitted)
    course.tell("drawing", 0.9)
    result["charts"] = conclusion.draw(course, result)
    result["warnings"] = by_gravity(course.warnings)
    result["total_seconds"] = round(job.at(), 2)
    result["peak_mb"] = peak_mb()
    return result
