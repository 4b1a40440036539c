"""Settings given on the command line, `--set training.epochs=3`, laid over a protocol file's."""

from __future__ import annotations

from bench.complaints import suggestion
from bench.located_yaml import Document, Location, Problem, Value, parse


class _Misplaced(Exception):
    """A path leads nowhere."""

    def __init__(self, location: Location, message: str) -> None:
        self.location = location
        self.message = message


def apply(override: str, document: Document) -> None:
    """Set one value in a document by its dotted path; list items go by position, `claims.0.margin=0.05`.

    What cannot be set is added to the document's problems. Whether a key exists is left to the protocol's
    schema, except under `systems`, where a mistyped name would start a new system.
    """
    place = f"--set {override}"
    path, equals, text = override.partition("=")
    steps = path.strip().split(".")
    if not equals or not all(steps):
        document.problems.append(Problem((), "expected key=value, such as training.epochs=3", place))
        return
    given = parse(text)
    if given.problems:
        document.problems.append(Problem(tuple(steps), given.problems[0].message, place))
        return
    try:
        location = _put(document.value, steps, given.value, ())
    except _Misplaced as error:
        document.problems.append(Problem(error.location, error.message, place))
        return
    for known in [known for known in document.places if known[: len(location)] == location]:
        del document.places[known]
    for depth in range(1, len(location) + 1):
        document.places.setdefault(location[:depth], place)


def _put(parent: Value, steps: list[str], value: Value, above: Location) -> Location:
    """Set a value inside a list or mapping, making the mappings that lead to it; return its location."""
    step, rest = steps[0], steps[1:]
    if isinstance(parent, list):
        positions = [str(i) for i in range(len(parent))]
        if step not in positions:
            raise _Misplaced((*above, step), f"no such item{suggestion(step, positions)}")
        here = (*above, int(step))
        if rest:
            return _put(parent[int(step)], rest, value, here)
        parent[int(step)] = value
        return here
    if not isinstance(parent, dict):
        raise _Misplaced((*above, step), "stands inside a single value")
    here = (*above, step)
    if rest:
        if above == ("systems",) and step not in parent:
            raise _Misplaced(here, f"no such system{suggestion(step, parent)}")
        if parent.get(step) is None:
            parent[step] = {}
        return _put(parent[step], rest, value, here)
    parent[step] = value
    return here
