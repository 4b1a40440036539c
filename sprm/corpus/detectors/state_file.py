"""Files of a network's state: read without running anything that they may hold, and put into the network."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import torch
from torch import nn

from sprm.errors import DataError
from sprm.files.first_bytes import refuse_foreign_file


def read_state(path: Path, owner: str) -> dict[str, torch.Tensor]:
    """Read what `torch.save(model.state_dict(), FILE)` writes.

    Args:
        path: the file.
        owner: whose state it should be, such as `detector`, for the error.

    Raises:
        DataError: the file cannot be read, or holds something else.
    """
    refuse_foreign_file(path, or_zip=True)
    try:
        with warnings.catch_warnings():
            # Torch warns of some files before it refuses them.
            warnings.simplefilter("ignore")
            state = torch.load(path, weights_only=True, map_location="cpu")
    except pickle.UnpicklingError as error:
        problem = "not a file of weights alone; expected what torch.save(model.state_dict(), FILE) writes"
        raise DataError(problem, path=path) from error
    except (OSError, RuntimeError, ValueError, LookupError, EOFError, AttributeError, TypeError) as error:
        first = str(error).partition("\n")[0] or "it ends early"
        raise DataError(f"the {owner}'s weights cannot be read ({first})", path=path) from error
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state.items()
    ):
        inside = f": its keys are {', '.join(map(str, list(state)[:5]))}" if isinstance(state, dict) else ""
        raise DataError(f"expected a {owner}'s state, a tensor for each name{inside}", path=path)
    return state


def another_state(error: RuntimeError, what: str, path: Path) -> DataError:
    """Return the error for a state that does not fit, from what torch says of it.

    Args:
        error: of `load_state_dict`.
        what: the network that it should be the state of.
        path: the file.
    """
    difference = " ".join(" ".join(str(error).splitlines()[1:2]).split())[:200]
    return DataError(f"not the state of a {what}: {difference}", path=path)


def load_state(model: nn.Module, path: Path, owner: str, what: str) -> None:
    """Give a network the state of a file.

    Args:
        model: changed in place.
        path: the file.
        owner: see `read_state`.
        what: the network's name, for the error.

    Raises:
        DataError: the file cannot be read, or holds another architecture's state.
    """
    state = read_state(path, owner)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise another_state(error, what, path) from error
