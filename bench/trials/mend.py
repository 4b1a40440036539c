"""Before trials run: what in a run's folder is not what it should be is set aside, with a line for each.

Nothing that was damaged, or that another run left, is trusted, and none of it stops a run. The record of when claims
were stated is not touched: nothing can make it again, so whoever judges a run refuses a damaged one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from bench.protocol.load import load
from bench.store.ledger import FAILURE, ITEMS, RECORD, RUNNING, Ledger, phrases_bytes
from bench.store.manifest import FILE as MANIFEST
from bench.store.manifest import read_manifest
from bench.store.set_aside import exists, is_set_aside, line_of, set_aside
from bench.subsets.draw import Subsets, differences
from bench.subsets.draw import write as write_subsets
from bench.trials.describe_test import describe_test, set_aside_test
from bench.trials.plan import Plan, Trial
from bench.trials.status import TrialStatus, flaw
from sprm.corpus.corpus import Corpus
from sprm.errors import ProtocolError, ResultsError
from sprm.files.atomic_file import write_atomically
from sprm.files.atomic_folder import damage, discard
from sprm.files.leases import Attempts

ANEW = "written again"
AGAIN = "the trial runs again"
NO_FILE = "is no ordinary file"


def mend_shared(plan: Plan) -> Iterator[str]:
    """Mend what the trials of a run share, and yield a line for each file that was damaged.

    Whether a trial is done may change: phrases are written again from the corpus where they are the same.
    """
    run = plan.ledger.folder
    if run.is_dir():
        yield from _mend_about(run)
        yield from _mend_subsets(plan.subsets, run)
        yield from _mend_phrases(plan.dataset.test, run)
        yield from _mend_test_split(plan, run)


def mend_encoded(plan: Plan) -> Iterator[str]:
    """Remove encoded splits that were damaged, and yield a line for each; whoever reads one encodes it again."""
    if not plan.left:
        return
    for folder in sorted((plan.dataset.folder / "encoded").glob("*/[!.]*")):
        if (damaged := damage(folder)) is not None:
            discard(folder)
            yield f"{damaged}; encoding the split again"


def mend_trials(plan: Plan) -> Iterator[str]:
    """Set aside what lies in the places of trials that are left, and yield a line for each."""
    for planned in plan.left:
        folder = plan.ledger.trial_folder(planned.trial.key)
        if planned.progress.status is TrialStatus.missing and not folder.exists():
            continue
        # Whoever has a trial at work writes there.
        if (lease := Attempts(folder).take()) is not None:
            try:
                yield from _mend_trial(plan.ledger, planned.trial)
            finally:
                lease.release()


def _mend_about(run: Path) -> Iterator[str]:
    """Set a manifest and a protocol aside that cannot be read; `run` writes both anew."""
    manifest, protocol, index = run / MANIFEST, run / "protocol.yaml", run / "trials.parquet"
    if exists(manifest):
        try:
            read_manifest(run)
        except ResultsError:
            yield line_of(manifest, "cannot be read", set_aside(manifest), ANEW)
    if exists(protocol):
        try:
            load(protocol)
        except ProtocolError as error:
            problem = str(error).removeprefix(f"{protocol}: ")
            yield line_of(protocol, problem, set_aside(protocol), ANEW)
    if exists(index) and not index.is_file():
        yield line_of(index, NO_FILE, set_aside(index), ANEW)


def _mend_subsets(subsets: Subsets, run: Path) -> Iterator[str]:
    """Write the lists of training images anew where one of them was changed; a run that never began has none."""
    folder = run / "subsets"
    if not exists(folder):
        return
    if not folder.is_dir():
        yield line_of(folder, NO_FILE, set_aside(folder), ANEW)
    elif wrong := differences(subsets, run):
        for path in (folder / "index.json", *(folder / str(seed) / f"{label}.txt" for seed, label in subsets.images)):
            if exists(path) and not path.is_file():
                set_aside(path)
        yield from (f"{sentence}; {ANEW}" for sentence in wrong)
    else:
        return
    write_subsets(subsets, run)


def _mend_phrases(test: Corpus, run: Path) -> Iterator[str]:
    """Set phrases aside that are not what their name says, and write them again where the corpus has the same."""
    for path in sorted((run / "phrases").glob("*.parquet")):
        if is_set_aside(path) or _named(path) == path.stem:
            continue
        asides = set_aside(path)
        # It imports torch.
        from sprm.evaluation.outcomes import phrases_of

        content = phrases_bytes(phrases_of(test))
        is_same = hashlib.sha256(content).hexdigest().startswith(path.stem)
        if is_same:
            write_atomically(path, content)
        then = "written again from the corpus" if is_same else "the trials that it belongs to run again"
        yield line_of(path, "it was changed", asides, then)


def _mend_test_split(plan: Plan, run: Path) -> Iterator[str]:
    """Set the description of the test split aside that cannot be used, and write it again."""
    if (line := set_aside_test(run, plan.dataset, ANEW)) is not None:
        yield line
        describe_test(run, plan.protocol, plan.dataset, plan.subsets)


def _named(path: Path) -> str | None:
    """Return the name that a file of phrases has by its content; None when it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return None


def _mend_trial(ledger: Ledger, trial: Trial) -> Iterator[str]:
    folder = ledger.trial_folder(trial.key)
    if not folder.is_dir():
        yield line_of(folder, "is a file, where a folder is expected", set_aside(folder), AGAIN)
        return
    # Another run on the same folder may have finished it meanwhile.
    if (why := flaw(ledger, trial.key, ledger.record(trial.key), trial.inputs, trial.metrics)) is not None:
        yield line_of(folder / RECORD, why.removeprefix(f"{RECORD} "), ledger.set_aside(trial.key), AGAIN)
    for name in (ITEMS, RUNNING):
        if exists(path := folder / name) and not path.is_file():
            yield line_of(path, NO_FILE, set_aside(path), AGAIN)
    if exists(failure := folder / FAILURE) and ledger.failure(trial.key) is None:
        yield line_of(failure, "cannot be read, or is not as it was written", set_aside(failure), AGAIN)
