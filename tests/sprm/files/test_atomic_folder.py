from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sprm.files.atomic_folder import LIST, Building, build, damage, discard, is_whole, sweep


def fill(folder: Path) -> None:
    (folder / "room").mkdir()
    (folder / "room" / "door").write_text("oak")
    (folder / "roof").write_text("slate")


def built(folder: Path) -> Path:
    build(folder, fill, waiting=lambda holder: None)
    return folder


def test_a_folder_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with Building(tmp_path / "a" / "house") as folder:
        (folder / "door").touch()
        assert not (tmp_path / "a" / "house").exists()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["house"]
    assert (tmp_path / "a" / "house" / "door").exists()


def test_what_was_half_built_goes(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Building(tmp_path / "house"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_faster_process_stays(tmp_path: Path) -> None:
    with Building(tmp_path / "house") as slow:
        (slow / "slow").touch()
        with Building(tmp_path / "house") as fast:
            (fast / "fast").touch()
    assert sorted(path.name for path in (tmp_path / "house").iterdir()) == [LIST, "fast"]
    assert [path.name for path in tmp_path.iterdir()] == ["house"]


def test_two_that_build_at_a_time_never_share_a_folder(tmp_path: Path) -> None:
    # Names made of process ids would be the same in two containers.
    with Building(tmp_path / "house") as first, Building(tmp_path / "house") as second:
        assert first != second


def test_what_killed_processes_left_is_swept_by_name(tmp_path: Path) -> None:
    for name in (".house.building-1", ".house.building-0123abcd", ".barn.building-2"):
        (tmp_path / name).mkdir()
    sweep(tmp_path, "house")
    assert [path.name for path in tmp_path.iterdir()] == [".barn.building-2"]
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_whole_folder_is_built_once(tmp_path: Path) -> None:
    folder = built(tmp_path / "house")
    (folder / "roof").write_text("straw")
    assert (built(folder) / "roof").read_text() == "straw"


def lose_a_file(folder: Path) -> None:
    (folder / "room" / "door").unlink()


def cut_a_file(folder: Path) -> None:
    (folder / "roof").write_text("")


def lose_the_list(folder: Path) -> None:
    (folder / LIST).unlink()


def spoil_the_list(folder: Path) -> None:
    (folder / LIST).write_text("[" * 100_000)


def put_a_file_there(folder: Path) -> None:
    discard(folder)
    folder.write_text("no folder")


def put_a_dangling_link_there(folder: Path) -> None:
    discard(folder)
    folder.symlink_to("gone")


DAMAGES = [lose_a_file, cut_a_file, lose_the_list, spoil_the_list, put_a_file_there, put_a_dangling_link_there]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_folder_is_recognised_and_built_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = built(tmp_path / "house")
    damage(folder)
    assert not is_whole(folder)
    assert (built(folder) / "room" / "door").read_text() == "oak"
    assert is_whole(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["house"]


def test_what_was_added_later_does_not_make_a_folder_broken(tmp_path: Path) -> None:
    folder = built(tmp_path / "house")
    (folder / "shed").mkdir()
    assert is_whole(folder)
    assert {name: size for name, (size, _) in json.loads((folder / LIST).read_text()).items()} == {
        "roof": 5,
        "room/door": 3,
    }


def test_a_file_that_was_changed_in_its_size_is_found_by_its_hash_and_built_again(tmp_path: Path) -> None:
    folder = built(tmp_path / "house")
    (folder / "roof").write_text("straw")
    assert is_whole(folder)
    assert not is_whole(folder, verify=True)
    assert damage(folder) == f"{folder / 'roof'}: the content has changed"
    build(folder, fill, waiting=lambda holder: None, verify=True)
    assert (folder / "roof").read_text() == "slate"
    assert damage(folder) is None
