from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from simulated_run import SimulatedRun

from bench.report.analyse import Analysis, analyse
from bench.report.text.caveats import caveats, notices, scope
from bench.store.ledger import Ledger
from bench.store.records import TrialKey

STUDY = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=12)


def with_seeds_that_agree(folder: Path) -> Analysis:
    """Analyse a run in which both seeds of sprm answer alike on the tenth."""
    ledger = Ledger(STUDY.write(folder))
    items, other = ledger.items(TrialKey("sprm", "0.1", 0)), ledger.record(TrialKey("sprm", "0.1", 1))
    assert other is not None
    ledger.write(other, items)
    return analyse(folder)


def test_intervals_hold_for_new_trainings_where_every_seed_differs(tmp_path: Path) -> None:
    analysis = analyse(STUDY.write(tmp_path / "run"))
    assert scope(analysis)[0].endswith("Satterthwaite degrees of freedom).")
    assert not any("new images only" in line for line in notices(analysis))


def test_figures_that_no_detector_gives_are_told_and_earlier_records_have_none(tmp_path: Path) -> None:
    run = STUDY.write(tmp_path / "run")
    path = run / "manifest.json"
    stored = json.loads(path.read_text())
    assert stored.pop("plausibility") is None
    path.write_text(json.dumps(stored))
    assert not any(line.startswith("Implausible") for line in notices(analyse(run)))
    figures = {"regions_an_image": 36, "thin": 0, "without_area": 0.4, "outside": 0, "upper_bound": 0.8, "chance": 0.07}
    found = {"splits": {"test": figures}, "regions": 36, "classes": 9, "vocabulary": None, "unseen": None}
    path.write_text(json.dumps({**stored, "plausibility": found}))
    (line,) = [line for line in notices(analyse(run)) if line.startswith("Implausible")]
    assert line.startswith("Implausible, test: 40.0 % of the boxes have no area; perhaps they are x, y, width, height")


def test_an_accuracy_whose_seeds_agree_has_an_interval_over_new_images_only(tmp_path: Path) -> None:
    analysis = with_seeds_that_agree(tmp_path / "run")
    (line,) = [line for line in notices(analysis) if "sprm with 100 training images" in line]
    assert "new images only" in line
    assert scope(analysis)[0].endswith("except those listed under “Skipped or unusual”.")
    assert not any("p-value" in line for line in notices(analysis))


def test_false_negatives_are_told_and_steps_are_not_blamed_alone(tmp_path: Path) -> None:
    told = caveats(analyse(STUDY.write(tmp_path / "run")))
    assert any("which may be captions of the same image" in line for line in told)
    assert any("too few steps, false negatives or too few images" in line for line in told)


def test_the_steps_of_a_budget_in_epochs_are_those_of_the_first_system_that_has_one(tmp_path: Path) -> None:
    folder = replace(STUDY, rivals=("maf",)).write(tmp_path / "run")
    ledger = Ledger(folder)
    for key in [TrialKey("maf", fraction, seed) for fraction in ("0.1", "1") for seed in (0, 1)]:
        record = ledger.record(key)
        assert record is not None
        ledger.write(record.model_copy(update={"steps": 7}), ledger.items(key))
    analysis = analyse(folder)
    steps = {record.images: record.steps for record in analysis.records if record.system == "sprm"}
    (told,) = [line for line in caveats(analysis) if "few optimiser steps" in line]
    assert told.startswith("Every subset is trained")
    assert f". For example, sprm takes {steps[100]:,} with 100 images, and {steps[1000]:,} with 1,000 images" in told


def test_with_few_seeds_the_intervals_of_curves_are_said_to_be_too_narrow(tmp_path: Path) -> None:
    few = caveats(analyse(STUDY.write(tmp_path / "few")))
    assert [line for line in few if line.startswith("With fewer than 5 seeds")]
    enough = SimulatedRun(fractions=(0.1, 1.0), seeds=5, images=12)
    assert not [line for line in caveats(analyse(enough.write(tmp_path / "enough"))) if "fewer than" in line]


def test_the_packaged_word_vectors_are_called_a_sample_on_anything_but_scenes(tmp_path: Path) -> None:
    own = replace(STUDY, corpus="{kind: flickr30k, root: data}")
    assert [line for line in notices(analyse(own.write(tmp_path / "own"))) if "sample of GloVe 6B" in line]
    assert not [line for line in notices(analyse(STUDY.write(tmp_path / "scenes"))) if "sample of GloVe" in line]
