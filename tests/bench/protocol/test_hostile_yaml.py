from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from command_line import CommandLine

from bench.protocol.bounded_yaml import MOST_LEVELS, MOST_VALUES
from bench.protocol.diagnostics import describe
from bench.protocol.file_text import LARGEST, protocol_text
from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.protocol.yaml_source import parse
from sprm.errors import ProtocolError

SOUND = "name: x\nfractions: [1]\nsystems: {sprm: {kind: sprm}}\n"
LETTERS = "abcdefghi"


def multiplied(first: str, later: str) -> str:
    """Write nine anchors, each of which repeats the one before nine times."""
    lines = [f"a: &a {first}"]
    for earlier, letter in pairwise(LETTERS):
        aliases = ",".join(9 * [f"*{earlier}"])
        lines.append(f"{letter}: &{letter} {later.format(aliases=aliases)}")
    return "\n".join(lines)


def told_of(path: Path, *overrides: str) -> str:
    with pytest.raises(ProtocolError) as caught:
        load(path, overrides)
    return str(caught.value)


def only_line(path: Path, *overrides: str) -> str:
    """Return what is told of a protocol, which has to be one printable line of a few words."""
    told = told_of(path, *overrides)
    assert told.isprintable()
    # With the names of all keys of a protocol, where none is like the given one.
    assert len(told) < len(str(path)) + 260 + len(", ".join(Protocol.model_fields))
    return told.removeprefix(f"{path}: ")


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "protocol.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (multiplied("[x,x,x,x,x,x,x,x,x]", "[{aliases}]"), 5),
        (multiplied("{x: 1}", "{{<<: [{aliases}]}}"), 5),
        (multiplied("{x: 1}", "{{a: [{aliases}], <<: [{aliases}]}}"), 4),
    ],
    ids=["lists", "merges", "both"],
)
def test_aliases_that_multiply_are_stopped_at_the_line_where_it_is_too_much(text: str, line: int) -> None:
    document = parse(text)
    (problem,) = document.problems
    assert problem.message == f"aliases repeat too much: more than {MOST_VALUES:,} values"
    assert problem.place == line
    assert (document.value, document.places) == (None, {})


def test_a_document_may_hold_as_many_values_as_the_limit_and_no_more() -> None:
    # The list is a value, too.
    assert parse("[" + (MOST_VALUES - 1) * "1," + "]").problems == []
    (problem,) = parse("[" + MOST_VALUES * "1,\n" + "]").problems
    assert problem.message == f"too long: more than {MOST_VALUES:,} values"
    assert problem.place == MOST_VALUES


@pytest.mark.parametrize(
    "text",
    [
        "a: " + 2000 * "[" + 2000 * "]",
        500 * "[" + 500 * "]",
        100_000 * "[",
        2000 * "{a: " + "1" + 2000 * "}",
        2000 * "- " + "1",
        "\n".join(" " * level + "a:" for level in range(500)),
        2000 * "? ",
        f"a: &a {30 * '['}{30 * ']'}\nb: {30 * '['}*a{30 * ']'}",
    ],
    ids=["lists", "closed", "open", "mappings", "block lists", "block mappings", "keys", "aliases"],
)
def test_what_is_nested_too_deep_is_one_problem(text: str) -> None:
    (problem,) = parse(text).problems
    assert f"more than {MOST_LEVELS} lists and mappings inside one another" in problem.message
    assert problem.place


def test_what_is_nested_as_deep_as_the_limit_is_read() -> None:
    assert parse(MOST_LEVELS * "[" + "1" + MOST_LEVELS * "]").problems == []
    assert parse((MOST_LEVELS + 1) * "[" + "1" + (MOST_LEVELS + 1) * "]").problems != []


@pytest.mark.parametrize(
    "number", [5000 * "9", "-" + 5000 * "9", 5000 * "0" + "1", "1e999999", "1." + 5000 * "3", 5000 * "3" + ".5"]
)
@pytest.mark.parametrize("key", ["seeds", "training.epochs", "training.learning_rate"])
def test_a_number_beyond_all_bounds_is_shown_in_few_words(tmp_path: Path, key: str, number: str) -> None:
    path = written(tmp_path, SOUND)
    told = only_line(path, f"{key}={number}")
    assert f"{key}: expected a " in told
    assert f"found '{number[:20]}"[:20] in told
    *parents, last = key.split(".")
    path = written(tmp_path, SOUND + "".join(f"{parent}:\n  " for parent in parents) + f"{last}: {number}\n")
    assert f"line {4 + len(parents)}: {key}: expected a " in only_line(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seeds: !!python/object/apply:os.system [id]", "without a tag, found '!!python/object/apply:os.system'"),
        ("seeds: !!int '3'", "without a tag, found '!!int'"),
        (f"seeds: !{5000 * 'x'} 3", "without a tag, found '!xxxx"),
        ("claims: &c [*c]", "holds itself through the alias 'c'"),
        ("training: &c {epochs: {a: *c}}", "holds itself through the alias 'c'"),
        ("training: &c {<<: *c}", "holds itself through the alias 'c'"),
        (f"seeds: *{5000 * 'q'}", "not valid YAML: found undefined alias 'qqqq"),
        ("---\nseeds: 3", "expected one document, found another"),
        ('rules: "\\q"', "not valid YAML: found unknown escape character 'q'"),
        ('rules: "\\UFFFFFFFF"', "not valid YAML: a number out of range in an escape"),
        ('rules: "\\ud800"', "expected text, found half a character in '\\ud800'"),
        ('"\\udfff": 3', "expected text, found half a character in '\\udfff'"),
        ("rules: a\0b", "expected text, found the character '\\x00'"),
        ("rules: a\x07b", "expected text, found the character '\\x07'"),
        ("rules: \x1b[31m", "expected text, found the character '\\x1b'"),
        ('rules: "\\e[31m\\nb\\0"', "rules: expected 'corrected' or 'official', found '\\x1b[31m\\nb\\x00'"),
        ('"a\\nb\\e": 1', "a\\nb\\x1b: unknown key"),
        (f"rules: {100_000 * 'x'}", "rules: expected 'corrected' or 'official', found 'xxxx"),
        (f"? {5000 * 'k'}\n: 1", "kkkk...: unknown key"),
    ],
)
def test_what_no_protocol_needs_is_refused_with_its_line_and_in_few_words(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, SOUND + text)
    line = only_line(path)
    assert line.startswith("line 4: ")
    assert told in line


def test_a_long_key_given_twice_is_told_in_few_words() -> None:
    document = parse(2 * f"? {5000 * 'k'}\n: 1\n")
    assert describe(document.problems, document) == [f"line 3: {100 * 'k'}...: given twice, first on line 1"]


def test_a_directive_with_a_version_beyond_all_bounds_is_refused() -> None:
    (problem,) = parse(f"%YAML {5000 * '9'}.1\n---\na: 1").problems
    assert "a number out of range" in problem.message


def test_a_long_list_of_mistakes_is_cut(tmp_path: Path) -> None:
    path = written(tmp_path, SOUND + "".join(f"k{i}: 1\n" for i in range(150)))
    told = told_of(path).splitlines()
    assert "50 more mistakes besides these" in told[1]
    assert len(told) == 102


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("protocol.yaml", SOUND)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (gzip.compress(SOUND.encode()), "is packed with gzip; unpack it"),
        (zipped(), "is a zip archive; unpack it and name the file in it"),
        (b"<!DOCTYPE html><html>", "is a web page, saved in place of the file; download the file itself"),
        (SOUND.encode("utf-16"), "not a text file in UTF-8"),
        (LARGEST * b"#" + b"\n", "is larger than 1 MiB, expected a protocol"),
    ],
    ids=["gzip", "zip", "web page", "UTF-16", "large"],
)
def test_a_file_that_is_no_protocol_is_told_for_what_it_is(tmp_path: Path, content: bytes, told: str) -> None:
    assert only_line(written(tmp_path, content)) == told


def test_a_file_as_large_as_the_limit_is_read(tmp_path: Path) -> None:
    assert len(protocol_text(written(tmp_path, LARGEST * b"#"))) == LARGEST


def test_a_folder_and_a_device_that_never_ends_are_told_plainly(tmp_path: Path) -> None:
    assert only_line(tmp_path) == "is a folder, expected a YAML file"
    assert only_line(Path("/dev/zero")) == "is larger than 1 MiB, expected a protocol"


@pytest.mark.parametrize(
    "override",
    [
        "fractions=" + 2000 * "[",
        "fractions=[" + 20_000 * "1," + "]",
        "training={a: &a [1], b: &b [*a,*a], epochs: *b, c: [*c]}",
        "fractions=[!!python/name:os.system x]",
        "rules=" + 5000 * "x",
        5000 * "x" + "=1",
        ".".join(3000 * ["a"]) + "=1",
        "rules=a\nb\x1b[31m",
        "na\nme=x",
        "rules=\udcff",
        "fractions=['\\ud800', \"\\ud800\"]",
    ],
)
def test_a_hostile_override_is_told_in_one_line_that_names_it(tmp_path: Path, override: str) -> None:
    assert only_line(written(tmp_path, SOUND), override).startswith("--set ")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    folder = tmp_path_factory.mktemp("hostile")
    cli = CommandLine(folder)
    cli.write(multiplied("[x,x,x,x,x,x,x,x,x]", "[{aliases}]"), "aliases.yaml")
    cli.write("a: " + 2000 * "[" + 2000 * "]", "deep.yaml")
    cli.write(SOUND + "seeds: " + 5000 * "9", "digits.yaml")
    (folder / "archive.yaml").write_bytes(gzip.compress(SOUND.encode()))
    with (folder / "enormous.yaml").open("wb") as file:
        file.truncate(2 << 30)
    cli.write(SOUND, "sound.yaml")
    yield cli
    (folder / "enormous.yaml").unlink()


def test_the_command_line_answers_each_hostile_file_with_one_line(hostile: CommandLine) -> None:
    names = ["aliases.yaml", "deep.yaml", "digits.yaml", "archive.yaml", "enormous.yaml", "/dev/zero"]
    told = hostile("validate", *names, "sound.yaml")
    assert (told.returncode, told.stdout) == (2, "sound.yaml: valid\n")
    assert [line.partition(":")[0] for line in told.stderr.splitlines()] == names


@pytest.mark.parametrize("override", ["seeds=" + 5000 * "9", "fractions=" + 2000 * "[", "seeds=3 # three"])
def test_the_command_line_answers_a_hostile_override_with_one_line(hostile: CommandLine, override: str) -> None:
    told = hostile("validate", "sound.yaml", "--set", override)
    assert (told.returncode, told.stdout) == (2, "")
    (line,) = told.stderr.splitlines()
    assert line.startswith(f"sound.yaml: --set {override[:50]}")
