from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench.protocol.schema import Protocol
from bench.subsets.draw import differences, draw, read_index, write
from bench.subsets.strata.entity_type import entity_types
from sprm.corpus.dataset import Dataset
from sprm.errors import ProtocolError, ResultsError


def protocol(**changes: object) -> Protocol:
    values = {"name": "tiny", "systems": {"sprm": {"kind": "sprm"}}, "fractions": [0.25, 1], "seeds": 2}
    return Protocol.model_validate({**values, **changes})


def test_each_seed_and_fraction_has_its_images_and_their_sentences(dataset: Dataset) -> None:
    drawn = draw(protocol(), dataset.train)
    sizes = {(record.seed, record.fraction): record.images for record in drawn.index.subsets}
    assert sizes == {(0, "0.25"): 3, (0, "1"): 12, (1, "0.25"): 3, (1, "1"): 12}
    assert drawn.images[0, "0.25"].tolist() != drawn.images[1, "0.25"].tolist()
    of_images = dataset.train.sentences["image"].to_numpy()
    for record in drawn.index.subsets:
        assert record.sentences == np.isin(of_images, drawn.images[record.seed, record.fraction]).sum()


def test_shots_count_images(dataset: Dataset) -> None:
    drawn = draw(protocol(fractions=None, shots=[3, 8]), dataset.train)
    assert [(r.fraction, r.images) for r in drawn.index.subsets if r.seed == 0] == [
        ("3-images", 3),
        ("8-images", 8),
    ]


def test_corpora_of_several_sizes_and_their_fractions_are_one_chain(dataset: Dataset) -> None:
    drawn = draw(protocol(fractions=[0.25, 0.5, 1], sizes=[4, 8, 12]), dataset.train)
    for seed in (0, 1):
        chain = {
            r.fraction: set(drawn.images[seed, r.fraction].tolist()) for r in drawn.index.subsets if r.seed == seed
        }
        # Half of four images is a quarter of eight, half of eight is all of four.
        assert {label: len(chosen) for label, chosen in chain.items()} == {
            f"{n}-images": n for n in (1, 2, 3, 4, 6, 8, 12)
        }
        assert all(less < more for less, more in pairwise(chain.values()))


def test_a_corpus_is_the_same_subset_whatever_else_is_asked_for_as_shots(dataset: Dataset) -> None:
    sized = draw(protocol(fractions=[0.5, 1], sizes=[4, 8]), dataset.train)
    shots = draw(protocol(fractions=None, shots=[2, 4, 8]), dataset.train)
    assert sized.index == shots.index


def test_the_id_lists_on_disk_are_those_whose_hashes_the_index_gives(dataset: Dataset, tmp_path: Path) -> None:
    drawn = draw(protocol(), dataset.train)
    folder = write(drawn, tmp_path)
    for record in read_index(tmp_path).subsets:
        listed = (folder / str(record.seed) / f"{record.fraction}.txt").read_bytes()
        assert hashlib.sha256(listed).hexdigest() == record.sha256
        assert len(listed.decode().split()) == record.images
    whole = (folder / "0" / "1.txt").read_text().split()
    assert whole == dataset.train.images["image_id"].tolist()


def test_realised_shares_stand_beside_those_of_the_whole_training_set(dataset: Dataset) -> None:
    index = draw(protocol(), dataset.train).index
    full = next(record for record in index.subsets if record.fraction == "1")
    assert full.shares == index.shares
    assert {"people", "animals", "vehicles", "clothing"} < set(index.shares)
    for record in index.subsets:
        for name, share in record.shares.items():
            assert abs(share - index.shares[name]) <= 2 / record.images


def test_a_phrase_of_several_types_counts_for_each(dataset: Dataset) -> None:
    types = entity_types(dataset.train)
    (both,) = np.flatnonzero(dataset.train.phrases["category"] == "animals/other")
    image = dataset.train.sentences["image"][dataset.train.phrases["sentence"][both]]
    assert {"animals", "other"} <= types[image]
    assert not any("/" in name for shown in types for name in shown)


def test_without_strata_the_subsets_are_random(dataset: Dataset) -> None:
    plain = draw(protocol(strata="none"), dataset.train)
    assert plain.index.strata == "none"
    assert len(plain.images[0, "0.25"]) == 3


def test_every_fraction_that_cannot_be_drawn_is_named(dataset: Dataset) -> None:
    with pytest.raises(ProtocolError, match=r"fraction 0\.01 .* no image; the fraction 0\.02 .* no image"):
        draw(protocol(fractions=[0.01, 0.02, 0.5]), dataset.train)
    with pytest.raises(ProtocolError, match="13 training images are requested, but the corpus has 12"):
        draw(protocol(fractions=None, shots=[13]), dataset.train)
    with pytest.raises(ProtocolError, match=r"^tiny: 13 training images are requested, but the corpus has 12$"):
        draw(protocol(fractions=[0.5, 1], sizes=[4, 13]), dataset.train)


def test_lists_that_were_changed_or_removed_are_found(dataset: Dataset, tmp_path: Path) -> None:
    drawn = draw(protocol(), dataset.train)
    folder = write(drawn, tmp_path)
    assert differences(drawn, tmp_path) == []
    (folder / "0" / "0.25.txt").write_text("1\n")
    (folder / "1" / "1.txt").unlink()
    assert [told.rpartition(": ")[2] for told in differences(drawn, tmp_path)] == [
        "not the images that the protocol selects",
        "missing",
    ]


def test_a_run_without_lists_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="cannot be read"):
        read_index(tmp_path)


def test_lists_whose_line_ends_an_editor_changed_are_told_as_that(dataset: Dataset, tmp_path: Path) -> None:
    drawn = draw(protocol(), dataset.train)
    folder = write(drawn, tmp_path)
    path = next(folder.glob("0/*.txt"))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert differences(drawn, tmp_path) == [
        f"{path}: the right images, in lines that end in CR LF; `bench subsets` writes it again"
    ]
