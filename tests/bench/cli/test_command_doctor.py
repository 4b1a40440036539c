from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from bottom_up_files import LXMERT, write_bottom_up_files
from command_line import CommandLine
from layouts import FLICKR30K
from places import PROTOCOLS
from rich.console import Console

from bench.cli.doctor_table import diagnosis_as_json, show_diagnosis
from bench.doctor import diagnosis
from bench.doctor.diagnosis import diagnose
from bench.protocol.load import load
from sprm.corpus.build.requirements import requirements
from sprm.corpus.settings import FilesSource

SPLITS = ("train", "val", "test")
RELEASED = ("detection_dict.json", "imgid2idx.pkl", "features_compress.hdf5")
NEEDED = {
    "flickr30k": [
        *(f"data/flickr30k/Flickr30kEntities/{name}/" for name in ("Sentences", "Annotations")),
        *(f"data/flickr30k/{split}.txt" for split in SPLITS),
        *(f"data/flickr30k/{split}_{name}" for split in SPLITS for name in RELEASED),
        "data/glove/glove.6B.300d.txt",
    ],
    "referit": [
        *(f"data/referit/refer/data/refclef/{name}" for name in ("refs(berkeley).p", "instances.json")),
        *(f"data/referit/{split}_{name}" for split in SPLITS for name in RELEASED),
        "data/glove/glove.6B.300d.txt",
    ],
}


@pytest.mark.parametrize("name", NEEDED)
def test_in_an_empty_folder_every_file_is_named_with_where_to_get_it_and_where_to_put_it(
    tmp_path: Path, name: str
) -> None:
    told = CommandLine(tmp_path)("doctor", str(PROTOCOLS / f"{name}.yaml"))
    assert told.returncode == 2
    lines = told.stdout.splitlines()
    for place in NEEDED[name]:
        assert any(line.startswith(f"  {tmp_path / place}{'/' if place.endswith('/') else ''}  ") for line in lines)
    assert f"{len(NEEDED[name])} of {len(NEEDED[name])} are missing." in lines
    for split in SPLITS:
        assert any(line.startswith(f"absent   {tmp_path / 'data' / name / split}_images_size.json") for line in lines)
    owners = [line for line in lines if line.startswith("missing, published at https://")]
    assert len(owners) == 3
    assert any("building the corpus needs about" in line for line in lines)
    assert any(line.startswith("Machine: ") for line in lines)


@pytest.mark.parametrize(
    ("options", "corpus", "needed"),
    [
        ({}, "refcoco/refs(unc).p", ["*.tsv", "objects_vocab.txt"]),
        (
            {"detections": "maf", "dataset": "refcoco+", "test": "testB"},
            "refcoco+/refs(unc).p",
            [f"{split}_{name}" for split in ("train", "val", "testB") for name in RELEASED],
        ),
        (
            {"detections": "maf", "dataset": "refcocog", "split_by": "google", "test": "val"},
            "refcocog/refs(google).p",
            [f"{split}_{name}" for split in ("train", "val") for name in RELEASED],
        ),
        ({"detections": "extracted"}, "refcoco/refs(unc).p", ["refer/data/images/mscoco/images/train2014/"]),
    ],
)
def test_of_refcoco_the_files_of_the_data_set_and_of_the_split_that_is_judged_are_asked_for(
    tmp_path: Path, options: dict[str, str], corpus: str, needed: list[str]
) -> None:
    changes = [part for key, value in options.items() for part in ("--set", f"corpus.{key}={value}")]
    told = CommandLine(tmp_path)("doctor", str(PROTOCOLS / "refcoco.yaml"), *changes)
    assert told.returncode == 2
    root = tmp_path / "data" / "refcoco"
    expressions = root / "refer" / "data" / corpus
    places = [
        *(str(path) for path in (expressions, expressions.with_name("instances.json"))),
        *(f"{root}/{name}" for name in needed),
        str(tmp_path / "data" / "glove" / "glove.6B.300d.txt"),
    ]
    missing = [line.split("  ")[1] for line in told.stdout.splitlines() if line.startswith("  ")]
    assert sorted(missing) == sorted(places)
    # Nobody's counts are known, so nothing tells how much room it takes.
    assert "building the corpus needs" not in told.stdout


def test_what_is_there_is_listed_and_a_complete_folder_is_said_to_be_ready(cli: CommandLine) -> None:
    told = cli("doctor", "protocol.yaml")
    assert told.returncode == 0
    assert f"present  {cli.folder / 'data' / 'train.txt'}  120 bytes" in told.stdout
    assert "All files are present; `prepare` or `run` will build the corpus." in told.stdout
    folder = cli("prepare", "protocol.yaml").stdout.strip()
    assert f"The corpus is built: {folder}" in cli("doctor", "protocol.yaml").stdout


def test_one_missing_file_is_told_before_anything_is_read_and_by_name(cli: CommandLine) -> None:
    for name in ("val_imgid2idx.pkl", "test_detection_dict.json"):
        (cli.folder / "data" / name).unlink()
    run = cli("run", "protocol.yaml")
    assert run.returncode == 2
    assert "val_imgid2idx.pkl: this file is missing: row of each image, val split" in run.stderr
    assert "1 more is missing, and `doctor` names them all" in run.stderr
    assert "reading" not in run.stderr
    answer = json.loads(cli("doctor", "protocol.yaml", "--json").stdout)
    assert answer["ready"] is False
    missing = [Path(one["place"]).name for one in answer["findings"] if not one["present"] and one["fallback"] is None]
    assert missing == ["val_imgid2idx.pkl", "test_detection_dict.json"]
    assert answer["machine"]["cpus"] >= 1
    assert answer["room"]["needed"] >= 0


def test_tsv_files_their_vocabulary_and_a_pipeline_are_asked_for_when_they_are_used(cli: CommandLine) -> None:
    told = cli("doctor", "protocol.yaml", "--set", "corpus.detections=tsv", "--set", "corpus.heads=spacy:no_such")
    assert f"  {cli.folder / 'data' / '*.tsv'}  boxes and features of bottom-up attention" in told.stdout
    assert "objects_vocab.txt  names of the detector's classes" in told.stdout
    assert "spacy:no_such  there is no spaCy pipeline no_such" in told.stdout
    assert "detection_dict" not in told.stdout


def test_raw_images_and_weights_are_asked_for_when_regions_are_extracted(cli: CommandLine, tmp_path: Path) -> None:
    options = ("--set", "corpus.detections=extracted")
    told = cli("doctor", "protocol.yaml", *options, TORCH_HOME=str(tmp_path / "torch"))
    assert told.returncode == 2
    assert f"  {cli.folder / 'data' / 'flickr30k_images'}/  raw images, each named by its id" in told.stdout
    weights = tmp_path / "torch" / "hub" / "checkpoints" / "fasterrcnn_resnet50_fpn_v2_coco-"
    assert f"absent   {weights}" in told.stdout
    assert "torchvision downloads them when it needs them" in told.stdout
    own = cli("doctor", "protocol.yaml", *options, "--set", "corpus.detector.weights=mine.pth")
    assert f"  {cli.folder / 'mine.pth'}  weights of the detector" in own.stdout


def test_boxes_categories_images_and_weights_are_asked_for_when_features_are_pooled(cli: CommandLine) -> None:
    options = ("--set", "corpus.detections=coco", "--set", "corpus.backbone.weights=mine.pth")
    told = cli("doctor", "protocol.yaml", *options, "--set", "corpus.backbone.name=resnet5")
    data = cli.folder / "data"
    for place, what in [
        (f"{data / '*detections.json'}", "boxes as COCO results"),
        (f"{data / 'categories.json'}", "names of the detector's classes"),
        (f"{data / 'flickr30k_images'}/", "raw images, each named by its id"),
        (f"{cli.folder / 'mine.pth'}", "weights of the backbone"),
        ("corpus.backbone.name: resnet5", "there is no backbone 'resnet5'; did you mean 'resnet50'"),
    ]:
        assert f"  {place}  {what}" in told.stdout
    told = cli("doctor", "protocol.yaml", "--set", "corpus.detections=coco")
    assert told.returncode == 2
    assert "detections: coco needs backbone: {name: resnet50, weights: FILE}" in told.stderr


def test_a_folder_of_archives_is_asked_for_when_features_come_in_one_an_image(cli: CommandLine) -> None:
    told = cli("doctor", "protocol.yaml", "--set", "corpus.detections=npz", "--set", "corpus.project=8")
    assert f"  {cli.folder / 'data' / 'npz'}/  boxes and features of bottom-up-attention.pytorch" in told.stdout
    assert f"  {cli.folder / 'data' / 'objects_vocab.txt'}  names of the detector's classes" in told.stdout


def test_projected_features_need_less_room(cli: CommandLine) -> None:
    def kept(*overrides: str) -> int:
        protocol = load(cli.folder / "protocol.yaml", [f"corpus.root={cli.folder / 'data'}", *overrides]).protocol
        return diagnose(protocol, cli.folder / "cache", progress=lambda stage, done, total: None).room.kept

    assert kept() == 4 * kept("corpus.project=8")


def test_the_built_in_corpus_needs_no_file(cli: CommandLine) -> None:
    told = cli("doctor", str(PROTOCOLS / "smoke.yaml"))
    assert told.returncode == 0
    assert "missing" not in told.stdout


@pytest.mark.parametrize("name", NEEDED)
def test_every_requirement_says_what_it_is_and_who_publishes_it(name: str) -> None:
    source = load(PROTOCOLS / f"{name}.yaml").protocol.corpus
    assert isinstance(source, FilesSource)
    for needed in requirements(source):
        assert needed.what
        assert needed.owner.startswith("https://")


def test_images_whose_files_are_missing_are_counted_and_the_first_is_named(cli: CommandLine) -> None:
    sentences = cli.folder / "data" / "Flickr30kEntities" / "Sentences"
    lost = sorted(sentences.iterdir())[3:8]
    for path in lost:
        path.unlink()
    told = cli("doctor", "protocol.yaml")
    assert told.returncode == 2
    assert f"  {lost[0]}  one of 5 missing files of the 20 images" in told.stdout
    prepare = cli("prepare", "protocol.yaml")
    assert prepare.returncode == 2
    assert f"{lost[0]}: this file is missing; 4 more are missing" in prepare.stderr
    assert "reading" not in prepare.stderr


def test_too_little_disk_is_said_and_counts_as_not_ready(cli: CommandLine) -> None:
    protocol = load(cli.folder / "protocol.yaml", [f"corpus.root={cli.folder / 'data'}"]).protocol
    found = diagnose(protocol, cli.folder / "cache", progress=lambda stage, done, total: None)
    assert found.is_ready
    cramped = replace(found, room=replace(found.room, free=found.room.needed - 1))
    assert not cramped.is_ready
    assert diagnosis_as_json(cramped)["ready"] is False
    out = Console(file=StringIO(), width=200)
    show_diagnosis(cramped, out)
    assert isinstance(out.file, StringIO)
    assert "permanently): not enough" in out.file.getvalue()


def test_a_list_that_cannot_be_read_and_a_detector_that_is_none_are_findings_among_others(cli: CommandLine) -> None:
    (cli.folder / "data" / "val.txt").write_text("../../x\n")
    told = cli("doctor", "protocol.yaml")
    assert told.returncode == 2
    assert "val.txt, line 1  '../../x' is not an image id" in told.stdout
    options = ("--set", "corpus.detections=extracted", "--set", "corpus.detector.name=fasterrcnn_resnet")
    named = cli("doctor", "protocol.yaml", *options)
    assert (
        "corpus.detector.name: fasterrcnn_resnet  torchvision has no detector 'fasterrcnn_resnet'; did you"
        in named.stdout
    )
    assert "raw images, each named by its id" in named.stdout


def test_the_memory_that_a_container_may_use_is_the_memory_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit, used = tmp_path / "memory.max", tmp_path / "memory.current"
    monkeypatch.setattr(diagnosis, "CONTAINER_MEMORY", ((tmp_path / "none", tmp_path / "none"), (limit, used)))
    whole = diagnosis._memory()
    for content in ("max\n", ""):
        limit.write_text(content)
        used.write_text("1000\n")
        assert diagnosis._memory()[0] == whole[0]
    limit.write_text("3000\n")
    assert diagnosis._memory() == (3000, 2000)


def test_implausible_figures_of_a_built_corpus_are_told(cli: CommandLine) -> None:
    write_bottom_up_files(cli.folder / "data", FLICKR30K, columns=LXMERT)
    vocabulary = cli.folder / "data" / "objects_vocab.txt"
    vocabulary.write_text("never seen\n" + vocabulary.read_text())
    for path in (cli.folder / "data").glob("*.tsv"):
        shifted = []
        for line in path.read_bytes().splitlines():
            columns = line.split(b"\t")
            ids = np.frombuffer(base64.b64decode(columns[3]), "<i8") + 1
            columns[3] = base64.b64encode(ids.tobytes())
            shifted.append(b"\t".join(columns) + b"\n")
        path.write_bytes(b"".join(shifted))
    assert cli("prepare", "protocol.yaml", "--set", "corpus.detections=tsv").returncode == 0
    told = cli("doctor", "protocol.yaml", "--set", "corpus.detections=tsv").stdout
    assert "Implausible: class 0 of the vocabulary, 'never seen', never occurs" in told


def test_an_archive_in_the_place_of_a_file_is_told(cli: CommandLine) -> None:
    vectors = cli.folder / "glove.txt"
    vectors.write_bytes(b"PK\x03\x04 and so on")
    told = cli("doctor", "protocol.yaml", "--set", "corpus.words=glove.txt")
    assert told.returncode == 2
    assert f"{vectors}  is a zip archive; unpack it" in told.stdout
    vectors.write_bytes(gzip.compress(b"dog 1 2\n"))
    assert cli("doctor", "protocol.yaml", "--set", "corpus.words=glove.txt").returncode == 0


def test_a_built_corpus_is_said_to_have_word_vectors_and_the_packaged_ones_are_called_a_sample(
    finished: CommandLine,
) -> None:
    told = finished("doctor", "protocol.yaml")
    (line,) = [line for line in told.stdout.splitlines() if line.startswith("Word vectors: the built-in sample")]
    assert "% of the words of phrases and" in line
    assert json.loads(finished("doctor", "protocol.yaml", "--json").stdout)["known_words"]["phrases"] > 0.5
