from __future__ import annotations

from pathlib import Path

import pytest

from sprm.errors import IntegrityError
from sprm.files import sending
from sprm.files.atomic_folder import build, is_whole
from sprm.files.sending import Piece, Receiving, new_sender, pieces


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built folder with a file of several pieces, one in a folder of its own, and an empty one."""
    monkeypatch.setattr(sending, "PIECE", 10)

    def write(folder: Path) -> None:
        (folder / "long.bin").write_bytes(bytes(range(25)))
        (folder / "empty").touch()
        (folder / "train").mkdir()
        (folder / "train" / "boxes.npy").write_bytes(b"0123456789")

    build(tmp_path / "built", write, waiting=lambda holder: None)
    return tmp_path / "built"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_received_is_what_was_sent(built: Path, tmp_path: Path) -> None:
    sent = list(pieces(built))
    assert max(len(piece.content) for piece in sent) == 10
    receiving = Receiving(tmp_path / "received", new_sender())
    for piece in sent:
        receiving.add(piece)
    assert not (tmp_path / "received").exists()
    receiving.finish()
    assert contents(tmp_path / "received") == contents(built)


@pytest.mark.parametrize("lost", range(7))
def test_a_folder_that_lacks_a_piece_is_refused_and_leaves_nothing(lost: int, built: Path, tmp_path: Path) -> None:
    sent = list(pieces(built))
    assert len(sent) > lost
    receiving = Receiving(tmp_path / "received", new_sender())
    for index, piece in enumerate(sent):
        if index != lost:
            receiving.add(piece)
    with pytest.raises(IntegrityError):
        receiving.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["built"]


def test_two_senders_do_not_mix_and_the_second_finds_the_folder_there(built: Path, tmp_path: Path) -> None:
    first, second = (Receiving(tmp_path / "received", new_sender()) for _ in range(2))
    for piece in pieces(built):
        first.add(piece)
        second.add(piece)
    first.finish()
    second.finish()
    assert is_whole(tmp_path / "received")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["built", "received"]


def test_what_a_sender_left_that_was_killed_goes_once_the_folder_is_there(built: Path, tmp_path: Path) -> None:
    killed, slow, fast = (Receiving(tmp_path / "received", new_sender()) for _ in range(3))
    first, *others = pieces(built)
    for receiving in (killed, slow, fast):
        receiving.add(first)
    for piece in others:
        fast.add(piece)
    fast.finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["built", "received"]
    for piece in others:
        slow.add(piece)
    slow.finish()
    assert contents(tmp_path / "received") == contents(built)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["built", "received"]


@pytest.mark.parametrize("name", ["../stray", "/etc/stray", "train/../../stray"])
def test_a_name_that_leads_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="points outside the folder"):
        Receiving(tmp_path / "received", new_sender()).add(Piece(name, b"x"))
    assert list(tmp_path.iterdir()) == []
