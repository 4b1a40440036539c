"""`predict`: answer phrases with what a trial of a run has learnt."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench.cli.exit_codes import OK
from bench.cli.locate import NamedRun, prepared, run_of
from bench.cli.terminal import stderr
from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.store.inputs import differing, trial_inputs
from bench.store.records import UNTRAINED, TrialKey, TrialRecord
from bench.store.weights import read_weights
from bench.text.numbers import listed
from bench.trials.predictions import Answered, answer, as_chosen
from bench.trials.status import told
from sprm.corpus.dataset import open_dataset
from sprm.errors import ProtocolError, ResultsError
from sprm.files.atomic_file import write_atomically
from sprm.settings import Device

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (".csv", ".jsonl", ".parquet")


@dataclass(frozen=True)
class Wanted:
    """Which trial of a run is asked.

    Attributes:
        system: its name in the run's protocol.
        fraction: label of its training subset; None where the system is not trained.
        seed: repetition; counts for nothing where the system draws nothing.
    """

    system: str
    fraction: str | None
    seed: int


def predict(
    run: Path,
    wanted: Wanted,
    corpus: Path | None,
    overrides: Sequence[str],
    split: str,
    out: Path | None,
    as_json: bool,
) -> int:
    """Answer the phrases of a split and print or write a row for each.

    Args:
        run: the run's folder.
        wanted: the trial.
        corpus: the protocol whose corpus is asked about; the run's own when left out.
        overrides: settings that go before those of that protocol.
        split: train, val or test.
        out: the file that is written; stdout when left out.
        as_json: whether rows are printed as JSON lines, or what was written is summed up as JSON.
    """
    if out is not None and out.suffix not in FORMATS:
        raise ProtocolError(f"{out}: expected a name that ends in {' or '.join(FORMATS)}")
    if not run.is_dir():
        raise ResultsError(f"{run}: no such run folder")
    named = run_of(run, (), run.parent)
    protocol, key = named.protocol, _key(named.protocol, wanted)
    training = protocol.training_of(key.system)
    record = None if training is None else _record(named, key)
    weights = None if record is None else read_weights(record, named.ledger.trial_folder(key))
    asked = load(corpus or run / "protocol.yaml", overrides).protocol
    # Whatever the other protocol's rules are, the system reads phrases as it did when it was trained.
    dataset = open_dataset(prepared(protocol.model_copy(update={"corpus": asked.corpus})), verify=False)
    device = Device.cpu if record is None else record.device
    system = as_chosen(protocol.system(key.system), record)
    initialisation = protocol.design.initialisation_of(key.seed)
    answered = answer(system, training, protocol.rules, device, dataset, split, weights, initialisation)
    _tell(key, split, answered)
    if out is not None:
        write_atomically(out, _content(answered.table, out.suffix))
        typer.echo(json.dumps(_summary(answered, out)) if as_json else out)
    else:
        typer.echo(_content(answered.table, ".jsonl" if as_json else ".csv").decode(), nl=False)
    return OK


def _key(protocol: Protocol, wanted: Wanted) -> TrialKey:
    """Return the trial of a run that is asked.

    Raises:
        ProtocolError: there is no such trial.
    """
    if wanted.system not in protocol.systems:
        known = listed(list(protocol.systems))
        raise ProtocolError(f"--system: the run has no system {wanted.system!r}; it has {known}")
    if wanted.system not in protocol.seeded:
        return TrialKey(wanted.system, UNTRAINED, 0)
    if wanted.seed >= protocol.trainings:
        raise ProtocolError(f"--seed: the run has no seed {wanted.seed}; it has 0 to {protocol.trainings - 1}")
    if wanted.system not in protocol.trained:
        return TrialKey(wanted.system, UNTRAINED, wanted.seed)
    labels = list(protocol.fraction_labels)
    label = next((label for label in labels if wanted.fraction and _means(wanted.fraction, label)), None)
    if label is None:
        what = "missing" if wanted.fraction is None else f"the run has no fraction {wanted.fraction!r}"
        raise ProtocolError(f"--fraction: {what}; expected one of {listed(labels)}")
    return TrialKey(wanted.system, label, wanted.seed)


def _means(given: str, label: str) -> bool:
    """Tell whether what was given is a fraction's label, or the same number: `1.0` for `1`."""
    try:
        return given == label or float(given) == float(label)
    except ValueError:
        return False


def _record(named: NamedRun, key: TrialKey) -> TrialRecord:
    """Return the record of a trained trial.

    Raises:
        ResultsError: it has none, or one of other settings than the run's.
    """
    record = named.ledger.record(key)
    if record is None:
        raise ResultsError(f"{key}: no result yet; `run --keep-weights` trains it and keeps its weights")
    # Any corpus and version will do: the weights are what came of them.
    then = record.inputs
    of_then = {"corpus": then.get("corpus"), "subset": then.get("subset"), "package": then.get("package")}
    asked = {**trial_inputs(named.protocol, key.system, key.seed, corpus="", subset=None), **of_then}
    if wrong := differing(then, asked):
        raise ResultsError(
            f"{key}: made with another {told(wrong, then, asked)} than the run's; `run --keep-weights` trains it again"
        )
    return record


def _tell(key: TrialKey, split: str, answered: Answered) -> None:
    """Say on stderr what was answered, and how far the words are known to the weights."""
    accuracy = answered.accuracy
    right = "" if accuracy is None else f", accuracy {accuracy:.3f}"
    stderr.print(f"{key}: {len(answered.table):,} phrases of the {split} split{right}", soft_wrap=True)
    words = answered.words
    if words is not None and (words.pretrained or words.unknown):
        total = words.trained + words.pretrained + words.unknown
        message = f"Of {total:,} distinct words, the weights know {words.trained:,}; "
        message += f"{words.pretrained:,} have only a pretrained vector and {words.unknown:,} are unknown"
        stderr.print(message, soft_wrap=True)


def _summary(answered: Answered, out: Path) -> dict[str, object]:
    words = None if answered.words is None else vars(answered.words)
    return {"file": str(out), "phrases": len(answered.table), "accuracy": answered.accuracy, "words": words}


def _content(table: pd.DataFrame, suffix: str) -> bytes:
    match suffix:
        case ".parquet":
            content = io.BytesIO()
            table.to_parquet(content, index=False)
            return content.getvalue()
        case ".jsonl":
            # As short as CSV has them: 121.56, and not the number of 64 bits that is next to it.
            single = list(table.select_dtypes("float32"))
            short = table.astype(dict.fromkeys(single, str)).astype(dict.fromkeys(single, float))
            lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in short.to_dict("records"))
            return "".join(lines).encode()
        case _:
            return table.to_csv(index=False, lineterminator="\n").encode()
