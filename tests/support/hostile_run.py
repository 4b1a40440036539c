"""A simulated run whose every free text tries to be more than text: tags, quotes, other directions, great length."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from edited_run import edit, edit_every_record
from simulated_run import SimulatedRun

from bench.store.records import TrialKey
from sprm.corpus.corpus import Warnings

TAG = '<img src="x" onerror="window.harmed = 1">'
SCRIPT = "</script></style></svg><script>window.harmed = 2</script>"
QUOTES = "\"double\" 'single' `back` &amp; &lt;b&gt; \\ {{ 7 * 7 }} ${7}"
RIGHT_TO_LEFT = "\u202eאיש רוכב על סוס"
EMOJI = "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301"
LONG = "a very long phrase without an end " * 9
UNBROKEN = "W" * 300
TEXTS = (TAG, SCRIPT, QUOTES, RIGHT_TO_LEFT, EMOJI, LONG.strip(), UNBROKEN)
FAILED = TrialKey("refinement", "1", 0)


@dataclass(frozen=True)
class HostileRun(SimulatedRun):
    """A small run with a failed trial, all of whose names and messages come from somebody who means harm."""

    fractions: tuple[float, ...] = (0.1, 0.5, 1.0)
    seeds: int = 2
    images: int = 40
    warnings: tuple[Warnings, ...] = tuple(Warnings(kind=text, count=3, examples=[text, "1#2"]) for text in TEXTS)

    def phrases(self) -> pd.DataFrame:
        """Return phrases of hostile texts, two of whose entity types have such names."""
        frame = super().phrases()
        names = {"animals": TAG, "vehicles": UNBROKEN, "clothing": RIGHT_TO_LEFT}
        return frame.assign(
            phrase=[TEXTS[place % len(TEXTS)] for place in range(len(frame))],
            category=frame["category"].replace(names),
        )

    def write(self, folder: Path, *, without: tuple[TrialKey, ...] = (), failed: tuple[TrialKey, ...] = ()) -> Path:
        """Write the run folder and return it."""
        run = super().write(folder, without=without, failed=(*failed, FAILED))
        self.fail(run, FAILED, " ".join(TEXTS))
        edit_every_record(run, lambda record: record["provenance"].update(processor=TAG, platform=UNBROKEN))
        edit(run / "manifest.json", lambda manifest: manifest["provenance"].update(processor=TAG, platform=SCRIPT))
        return run
