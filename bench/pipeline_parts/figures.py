"""Figures as they are measured: a line for people at once, a claim for the last line of JSON."""

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Claim:
    """One figure, what it should be, and which way is better."""

    value: float
    goal: float | None
    better: Literal["higher", "lower"]
    unit: str

    def as_json(self) -> dict[str, Any]:
        return {"value": round(self.value, 3), "goal": self.goal, "better": self.better, "unit": self.unit}


@dataclass
class Figures:
    """All figures of one run. ``insert_cpu`` and ``queue_cpu`` are the yardsticks: CPU seconds of one insert, of one item."""

    claims: dict[str, Claim] = field(default_factory=dict)
    insert_cpu: float = 0.0
    queue_cpu: float = 0.0

    def say(self, text: str) -> None:
        print(text, flush=True)

    def claim(
        self,
        name: str,
        value: float,
        *,
        better: Literal["higher", "lower"],
        unit: str,
        goal: float | None = None,
    ) -> None:
        self.claims[name] = Claim(value, goal, better, unit)

    def against_yardsticks(self, cpu: float) -> str:
        """A document's CPU seconds as multiples of the yardsticks'."""
        return f"{cpu / self.insert_cpu:.0f}x the bare insert, {cpu / self.queue_cpu:.0f}x the bare queue"


Part = Callable[[Path, argparse.Namespace, Figures], None]
"""Measures something in a directory of the run's."""


def run_parts(parts: Mapping[str, Part], arguments: argparse.Namespace, *first: Part) -> int:
    """Measure ``first`` and then the parts that were asked for, or all; the exit code."""
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as directory:
        for measure in (*first, *(parts[name] for name in arguments.part or parts)):
            measure(Path(directory), arguments, figures)
    print(json.dumps({name: claim.as_json() for name, claim in figures.claims.items()}))
    return 0


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that so many per cent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
