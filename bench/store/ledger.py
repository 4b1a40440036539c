"""Results on disk: one folder a trial, written atomically, believed only when its hashes agree.

::

    <run>/trials/<system>/<fraction>/<seed>/record.json     what the trial was and what came of it
                                            items.parquet   what became of each test phrase
                                            weights.safetensors  of the selected epoch, where they were kept
                                            failure.json    why the last attempt failed
                                            running.json    how far its training is, while it is at work
    <run>/phrases/<hash>.parquet                            the test phrases, which all trials of a run share
    <run>/trials.parquet                                    index of the records, rebuilt at any time
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from bench.store.records import TEXT_COLUMNS, Failure, Running, TrialKey, TrialRecord
from bench.store.set_aside import exists, set_aside
from bench.store.stored_model import SCHEMA_VERSION, Stored
from bench.store.weights import WEIGHTS, intact_weights, store_weights
from sprm.errors import ResultsError, one_line
from sprm.evaluation.metric import ACCURACY, CONFIDENCE, METRICS, TIED, under
from sprm.files.atomic_file import write_atomically
from sprm.files.regular import content_of
from sprm.settings import Ties

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

RecordType = TypeVar("RecordType", bound=Stored)
RECORD = "record.json"
"""Name of the file that says what a trial was and what came of it."""
ITEMS = "items.parquet"
"""Name of the file of what became of each test phrase of a trial."""
FAILURE = "failure.json"
"""Name of the file that says why a trial's last attempt failed."""
RUNNING = "running.json"
"""Name of the file that says how far a trial is that is at work."""
RESULT_FILES = frozenset({RECORD, ITEMS, FAILURE, WEIGHTS})
"""Names of the files in a trial's folder that stay when it has ended."""


class _Versioned(BaseModel):
    schema_version: int


class Ledger:
    """The trials of one run folder; other processes' writes are seen at once.

    Only the hashes of phrases are remembered, which all trials share, as long as the files stay as they are.

    Args:
        folder: the run folder, `results/<name>-<fingerprint>`; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._phrases: dict[Path, tuple[tuple[int, ...], str]] = {}

    def trial_folder(self, key: TrialKey) -> Path:
        """Return where a trial's files lie."""
        return self.folder / f"trials/{key.system}/{key.fraction}/{key.seed}"

    def records(self) -> Iterator[TrialRecord]:
        """Yield every record that can be read."""
        for path in sorted(self.folder.glob(f"trials/*/*/*/{RECORD}")):
            record = _read(path, TrialRecord)
            if record is not None and self.trial_folder(record.key) == path.parent:
                yield record

    def record(self, key: TrialKey) -> TrialRecord | None:
        """Return a trial's record, or None when it has none that can be read and belongs to it."""
        record = _read(self.trial_folder(key) / RECORD, TrialRecord)
        return record if record is not None and record.key == key else None

    def flaw(self, key: TrialKey) -> str | None:
        """Say why what lies in the place of a trial's record is none of it; None where nothing lies there."""
        path = self.trial_folder(key) / RECORD
        if not exists(path):
            return None
        try:
            schema = _Versioned.model_validate_json(content_of(path)).schema_version
        except (OSError, ValidationError):
            schema = SCHEMA_VERSION
        if schema != SCHEMA_VERSION:
            return f"made by another version of the package, with schema {schema} and not {SCHEMA_VERSION}"
        record = _read(path, TrialRecord)
        if record is not None and record.key != key:
            return f"{RECORD} is the record of another trial, {one_line(str(record.key))}"
        return f"{RECORD} cannot be read, or is not as it was written"

    def set_aside(self, key: TrialKey) -> list[Path]:
        """Give a trial's record and items names that nothing reads; return the new paths."""
        folder = self.trial_folder(key)
        return set_aside(folder / RECORD, folder / ITEMS)

    def damaged(self, record: TrialRecord) -> Path | None:
        """Return which file of a record's is missing or was changed since it was written; None when none is."""
        (phrases, phrases_hash), (items, items_hash) = self.files_of(record)
        if self._hash_of_phrases(phrases) != phrases_hash:
            return phrases
        return items if _hash(items) != items_hash else None

    def _hash_of_phrases(self, path: Path) -> str | None:
        try:
            status = path.stat()
        except OSError:
            return None
        state = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        known = self._phrases.get(path)
        if known is None or known[0] != state:
            if (digest := _hash(path)) is None:
                return None
            known = self._phrases[path] = (state, digest)
        return known[1]

    def files_of(self, record: TrialRecord) -> tuple[tuple[Path, str], tuple[Path, str]]:
        """Return where a record's phrases and items lie, each with its hash."""
        phrases, items = record.phrases_sha256, record.items_sha256
        return (
            (self.folder / "phrases" / f"{phrases[:16]}.parquet", phrases),
            (self.trial_folder(record.key) / ITEMS, items),
        )

    def items(self, key: TrialKey) -> pd.DataFrame:
        """Return a trial's outcomes, one row per test phrase in the corpus's order.

        Columns: `image_id`, `sentence_id`, `phrase`, `category` (text); `box` (int32) and `score` (float32), the chosen
        one among its image's, -1 and NaN where none was chosen; one for each metric (float32 in [0, 1]; for a system
        that draws boxes at random, expected values); where boxes were chosen, `tied` (int32), how many share the
        highest score, and for each metric `_first`, `_largest`, `_shared` behind its name (float32 in [0, 1]), what the
        answer is worth under each rule for ties, left out where no rule changes any; where the system tells it,
        `confidence` (float32 in [0, 1]), the probability of the chosen box. Items of earlier versions have fewer
        metrics, and accuracy alone under each rule.

        Raises:
            ResultsError: the trial is not complete, or its items are not what its record says.
        """
        import pandas as pd

        record = self.record(key)
        if record is None:
            raise ResultsError(f"{self.trial_folder(key)}: no complete trial here")
        if (path := self.damaged(record)) is not None:
            raise ResultsError(f"{path}: it is missing or was changed")
        try:
            items = pd.concat([pd.read_parquet(path) for path, _ in self.files_of(record)], axis=1)
            numbers = items.drop(columns=list(TEXT_COLUMNS)).astype("float64")
        except (OSError, ValueError, KeyError) as error:
            raise ResultsError(f"{self.trial_folder(key)}: its items cannot be read ({error})") from error
        if ACCURACY not in numbers or not numbers.columns.is_unique:
            raise ResultsError(f"{self.trial_folder(key)}: its items are not those of a trial")
        return items

    def write(self, record: TrialRecord, items: pd.DataFrame, weights: bytes | None = None) -> TrialRecord:
        """Store a finished trial, with its weights where they are kept, and forget its earlier failure.

        The record goes last: until it is in place the trial counts as missing.

        Returns:
            The record as stored, with the hashes of its files and the metrics that the items hold.
        """
        folder = self.trial_folder(record.key)
        folder.mkdir(parents=True, exist_ok=True)
        contents = phrases_bytes(items), items_bytes(items)
        phrases, outcomes = (hashlib.sha256(content).hexdigest() for content in contents)
        hashes = {"phrases_sha256": phrases, "items_sha256": outcomes, "weights_sha256": store_weights(folder, weights)}
        record = record.model_copy(update={**hashes, "metrics": metrics_in(items)})
        self._write_files(record, contents)
        (folder / FAILURE).unlink(missing_ok=True)
        write_atomically(folder / RECORD, record.to_json())
        return record

    def take_over(self, record: TrialRecord, other: Ledger, key: TrialKey) -> bool:
        """Copy a trial of another run into this one under a key; False when it is not intact there."""
        if other.damaged(record) is not None:
            return False
        folder = self.trial_folder(key)
        folder.mkdir(parents=True, exist_ok=True)
        contents = [path.read_bytes() for path, _ in other.files_of(record)]
        weights = store_weights(folder, intact_weights(record, other.trial_folder(record.key)))
        record = record.model_copy(update={**vars(key), "weights_sha256": weights})
        self._write_files(record, contents)
        (folder / FAILURE).unlink(missing_ok=True)
        write_atomically(folder / RECORD, record.to_json())
        return True

    def _write_files(self, record: TrialRecord, contents: Iterable[bytes]) -> None:
        for (path, sha256), content in zip(self.files_of(record), contents, strict=True):
            # The phrases are another trial's, too, which may be reading them.
            if _hash(path) != sha256:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, content)

    def write_failure(self, key: TrialKey, fingerprint: str, problem: str, traceback: str) -> None:
        """Record that a trial was tried and failed; a result of an earlier attempt stays."""
        folder = self.trial_folder(key)
        folder.mkdir(parents=True, exist_ok=True)
        failure = Failure(
            system=key.system,
            fraction=key.fraction,
            seed=key.seed,
            fingerprint=fingerprint,
            problem=problem,
            traceback=traceback,
        )
        write_atomically(folder / FAILURE, failure.to_json())

    def write_running(self, key: TrialKey, running: Running) -> None:
        """Write how far a trial's training is, for whoever waits for it."""
        folder = self.trial_folder(key)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / RUNNING, (running.model_dump_json() + "\n").encode())

    def running(self, key: TrialKey) -> Running | None:
        """Return how far a trial's training is, as it last said; None when it has said nothing, or has ended."""
        try:
            return Running.model_validate_json((self.trial_folder(key) / RUNNING).read_bytes())
        except (OSError, ValidationError):
            return None

    def forget_running(self, key: TrialKey) -> None:
        """Note that a trial is not at work, as far as the disk takes it."""
        with suppress(OSError):
            (self.trial_folder(key) / RUNNING).unlink()

    def failure(self, key: TrialKey) -> Failure | None:
        """Return why a trial's last attempt failed, or None."""
        return _read(self.trial_folder(key) / FAILURE, Failure)

    def write_index(self, records: Iterable[TrialRecord]) -> Path:
        """Write `trials.parquet` anew, one row a record without its nested parts and weights.

        Args:
            records: those that count; what else lies in the folder is no part of the run.
        """
        import pandas as pd

        left_out = {"inputs", "history", "generators", "provenance", "weights_sha256"}
        rows = [record.model_dump(mode="json", exclude=left_out) for record in records]
        path = self.folder / "trials.parquet"
        content = io.BytesIO()
        pd.DataFrame(rows).to_parquet(content, index=False)
        write_atomically(path, content.getvalue())
        return path


def phrases_bytes(items: pd.DataFrame) -> bytes:
    """Encode what names the phrases as parquet; equal ones give equal bytes, whatever the frame's index or types."""
    import pyarrow as pa

    return _parquet({name: pa.array(items[name].astype(str).tolist(), pa.string()) for name in TEXT_COLUMNS})


def items_bytes(items: pd.DataFrame) -> bytes:
    """Encode outcomes as parquet; equal outcomes give equal bytes, whatever the frame's index or types."""
    import pyarrow as pa

    metrics = metrics_in(items)
    settled = [under(name, rule) for name in metrics for rule in Ties]
    types = {"box": "int32", "score": "float32", **dict.fromkeys(metrics, "float32"), TIED: "int32"}
    types |= {**dict.fromkeys(settled, "float32"), CONFIDENCE: "float32"}
    return _parquet({name: pa.array(items[name].to_numpy(own)) for name, own in types.items() if name in items})


def metrics_in(items: pd.DataFrame) -> tuple[str, ...]:
    """Return the names of the metrics that items hold."""
    return tuple(name for name in METRICS.of_phrases() if name in items)


def _parquet(columns: Mapping[str, pa.Array]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    content = io.BytesIO()
    parquet.write_table(pa.table(dict(columns)), content, compression="zstd")
    return content.getvalue()


def _hash(path: Path) -> str | None:
    try:
        return hashlib.sha256(content_of(path)).hexdigest()
    except OSError:
        return None


def _read(path: Path, kind: type[RecordType]) -> RecordType | None:
    try:
        record = kind.from_json(content_of(path))
    except (OSError, ValueError):
        return None
    return record if record.schema_version == SCHEMA_VERSION else None
