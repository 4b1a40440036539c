"""What each trained system was given: every number against the records that it is from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from simulated_run import SimulatedRun

from bench.report.analyse import Analysis, analyse
from bench.report.tables.fair_play import fair_play, tuning
from bench.store.records import Candidate, TrialRecord
from bench.systems.sprm import Sprm


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(SimulatedRun(fractions=(0.1, 0.5), seeds=2, images=12).write(tmp_path_factory.mktemp("run") / "run"))


def with_records(analysis: Analysis, **values: object) -> Analysis:
    return replace(analysis, records=tuple(record.model_copy(update=values) for record in analysis.records))


def tuned(analysis: Analysis) -> Analysis:
    """The first system of the trained ones with three rates tried, of which the seeds choose different ones."""

    def candidates(record: TrialRecord) -> tuple[Candidate, ...]:
        best = 1 + record.seed
        return tuple(
            Candidate(
                values={"learning_rate": 10.0**-place},
                val_accuracy=0.5 + 0.1 * (place == best) + 0.01 * place,
                epoch=1,
                steps=7 + place,
                chosen=place == best,
            )
            for place in range(3)
        )

    systems = {
        name: Sprm(kind="sprm", tune={"learning_rate": (1.0, 0.1, 0.01)}) if name == "sprm" else system
        for name, system in analysis.protocol.systems.items()
    }
    records = [
        record.model_copy(update={"candidates": candidates(record)}) if record.system == "sprm" else record
        for record in analysis.records
    ]
    protocol = analysis.protocol.model_copy(update={"systems": systems})
    return replace(analysis, protocol=protocol, records=tuple(records))


def test_each_system_has_the_means_of_its_records_at_its_largest_amount(analysis: Analysis) -> None:
    found = fair_play(with_records(analysis, parameters=1234567, selection_boxes=890))
    assert [row[0] for row in found.rows] == ["sprm", "refinement"]
    assert set(found.data["training_images"]) == {100, 500}
    own = [record for record in analysis.records if record.system == "sprm" and record.images == 500]
    assert len(own) == 2
    steps, sentences = (sum(getattr(record, name) for record in own) / 2 for name in ("steps", "sentences_seen"))
    assert steps > 0 < sentences
    title = dict(zip(found.header, found.rows[0], strict=True))
    assert (title["Steps"], title["Sentences seen"]) == (f"{steps:,.0f}", f"{sentences:,.0f}")
    assert (title["Parameters"], title["Boxes"], title["Tried"]) == ("1,234,567", "890", "1")
    assert title["Settings"].startswith("learning rate 1e-05, batch 16, epochs 25. Authors: Rigoni et al.")
    assert title["Settings"].endswith("which epoch they take: the best accuracy on the boxes of the validation split")


def test_what_records_of_earlier_versions_did_not_tell_is_a_dash(analysis: Analysis) -> None:
    title = dict(zip((found := fair_play(analysis)).header, found.rows[0], strict=True))
    assert (title["Parameters"], title["Boxes"]) == ("–", "–")


def test_a_training_that_answers_two_systems_was_given_to_both(analysis: Analysis) -> None:
    of_sprm = {(record.fraction, record.seed): record for record in analysis.records if record.system == "sprm"}
    answers_only = {"sentences_seen": 0, "seconds_steps": 0.0, "seconds": 0.25}

    def of_one_training(record: TrialRecord) -> TrialRecord:
        if record.system not in ("sprm", "refinement"):
            return record
        inputs = {**of_sprm[record.fraction, record.seed].inputs, "subset": f"of {record.images}"}
        return record.model_copy(update={"inputs": inputs, **(answers_only if record.system == "refinement" else {})})

    shared = replace(analysis, records=tuple(map(of_one_training, analysis.records)))
    data = fair_play(shared).data.set_index(["system", "training_images"])
    assert data["sentences_seen"]["refinement"].to_dict() == data["sentences_seen"]["sprm"].to_dict()
    assert (data["sentences_seen"] > 0).all()
    for images in (100, 500):
        own = [record.seconds_steps for record in of_sprm.values() if record.images == images]
        assert data.loc[("refinement", images), "seconds"] == pytest.approx(0.25 + sum(own) / len(own))
        assert sum(own) > 0


def test_trials_that_are_one_were_given_what_the_one_was(analysis: Analysis) -> None:
    """As those of crossed seeds are on all images, of which one has sentences and time."""
    first = next(record for record in analysis.records if (record.system, record.images) == ("sprm", 500))
    again = {
        "sentences_seen": 0,
        "seconds_steps": 0.0,
        "seconds": 0.0,
        "inputs": first.inputs,
        "fingerprint": first.fingerprint,
    }
    records = tuple(
        record.model_copy(update=again)
        if (record.system, record.images) == ("sprm", 500) and record is not first
        else record
        for record in analysis.records
    )
    found = fair_play(replace(analysis, records=records)).data.set_index(["system", "training_images"])
    assert found.loc[("sprm", 500), "sentences_seen"] == first.sentences_seen
    assert found.loc[("sprm", 500), "seconds"] == pytest.approx(first.seconds)
    assert first.sentences_seen > 0 < first.seconds


def test_values_of_the_protocol_stand_beside_those_of_the_authors(analysis: Analysis) -> None:
    other = analysis.protocol.model_copy(
        update={"training": analysis.protocol.training.model_copy(update={"epochs": 3, "steps": 5000})}
    )
    (row, *_) = fair_play(replace(analysis, protocol=other)).rows
    assert row[1].startswith("learning rate 1e-05, batch 16, epochs 3 [25], 5,000 steps in all. Authors")


def test_a_tuned_system_counts_the_steps_of_all_that_was_tried(analysis: Analysis) -> None:
    found = fair_play(tuned(analysis))
    title = dict(zip(found.header, found.rows[0], strict=True))
    assert (title["Steps"], title["Tried"]) == (str(7 + 8 + 9), "3")
    assert title["Settings"].startswith("learning rate tuned [1e-05], batch 16")


def test_what_was_tried_and_chosen_is_told(analysis: Analysis) -> None:
    assert tuning(analysis).rows == ()
    found = tuning(tuned(analysis))
    chosen = "learning rate 0.1 (1 of 2), learning rate 0.01 (1 of 2)"
    # 0.61 and 0.62 are the best of the two seeds; the rate of 1 is the worst of both.
    assert found.rows == (("sprm", "100", "3", chosen, "61.5", "50.0"), ("sprm", "500", "3", chosen, "61.5", "50.0"))
    assert len(found.data) == 2 * 2 * 3
    assert found.data.groupby(["training_images", "seed"])["is_chosen"].sum().tolist() == [1] * 4
