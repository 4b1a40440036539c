"""Checkpoints of jobs: where they lie, and which training they are of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from bench.store.ledger import Ledger
from bench.store.provenance import provenance
from bench.trials.code_hash import code_hash
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, Trial
from bench.trials.status import TrialStatus
from sprm.files.leases import holder_of
from sprm.training.checkpoint import FILE, Checkpoints, remove_checkpoint


def checkpoints_of(trials: Sequence[Trial], ledger: Ledger, options: TrialOptions) -> Checkpoints:
    """Return the checkpoints of a job, in the folder of its first trial.

    Another job's are foreign, even where it shares trials with this one; so are those of other code or libraries, as
    the record tells of only one.

    Args:
        trials: the job's, in its order.
        ledger: of the run.
        options: how often they are written.
    """
    about = {
        "trials": [trial.fingerprint for trial in trials],
        "code": code_hash(),
        "libraries": dict(sorted(provenance().libraries.items())),
    }
    fingerprint = hashlib.sha256(json.dumps(about).encode()).hexdigest()
    return Checkpoints(ledger.trial_folder(trials[0].key), fingerprint, 60 * options.checkpoint_minutes)


def remove_leftovers(plan: Plan) -> None:
    """Remove the checkpoints of trials that are done, whose worker was killed after it had written the record."""
    left = {path.parent for path in plan.ledger.folder.glob(f"trials/*/*/*/{FILE}")}
    left |= {path.parent.parent for path in plan.ledger.folder.glob(f"trials/*/*/*/*/{FILE}")}
    for planned in plan.trials:
        folder = plan.ledger.trial_folder(planned.trial.key)
        # Another run may train it again, to keep its weights.
        if planned.progress.status is TrialStatus.done and folder in left and holder_of(folder) is None:
            remove_checkpoint(folder)
