"""How the settings of `protocols/photographs.yaml` were chosen: by accuracy on the validation split alone.

    python tests/manual/photograph_settings.py [--set KEY=VALUE ...]

prints the accuracy of the prior with weights of score and size, then the accuracy after each epoch of trainings on all
images with seed 0: of the full model with a few learning rates and weights of the refinement, and of MAF and SPRM+ with
a few learning rates; of SPRM+ also with 1, 5 and 25 % of the images, with a few shares of left-out numbers. Trainings
take minutes.
Nothing is asked of the test split.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import torch

from bench.cli.locate import load_with_data, prepared
from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.systems.system import Encoding, Task
from bench.systems.trained import TrainedSystem
from sprm.corpus.dataset import Dataset
from sprm.evaluation.outcomes import judge
from sprm.evaluation.scoring import score as scores_of
from sprm.files.mapped import shared_tensor
from sprm.model.prior import BoxTerms
from sprm.model.sprm import SPRM
from sprm.settings import Ties

PROTOCOL = Path(__file__).parents[2] / "protocols" / "photographs.yaml"
SCORE_WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
SIZE_WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
LEARNING_RATES = (3e-4, 1e-3, 3e-3)
OMEGAS = (0.2, 0.4, 0.8)
MAF_LEARNING_RATES = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3)
PLUS_LEARNING_RATES = (1e-3, 3e-3)
DROPOUTS, DROPOUT_SHARES = (0.0, 0.5, 0.8), (0.01, 0.05, 0.25, 1.0)


def priors(task: Task) -> Iterator[tuple[BoxTerms, float]]:
    """Yield the accuracy on the validation split with each pair of weights."""
    split = task.encoded(Encoding("val", heads=True, locations=True, score=True))
    for score, size in product(SCORE_WEIGHTS, SIZE_WEIGHTS):
        terms = BoxTerms(score, size)
        model = SPRM(shared_tensor(split.concepts), None, 0.0, terms)
        yield terms, judge(task.matches("val"), scores_of(model, split), Ties.first).accuracy


def told(system: TrainedSystem, protocol: Protocol, dataset: Dataset, rate: float, share: float = 1.0) -> str:
    """Return the accuracy on the validation split after each epoch of a training on a share of the images."""
    own = system.model_copy(update={"learning_rate": rate})
    training, images = own.training_values(protocol.training), len(dataset.train.images)
    chosen = np.sort(np.random.default_rng(0).choice(images, round(share * images), replace=False))
    trained = own.fit(Task(dataset, protocol.rules, training, chosen))
    return ", ".join(f"{100 * (epoch.val_accuracy or 0.0):.1f}" for epoch in trained.history)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides")
    loaded = load(PROTOCOL, parser.parse_args().overrides)
    torch.set_num_threads(1)
    dataset = load_with_data(loaded, prepared(loaded.protocol))
    rows = ["score weight \\ size weight".ljust(26) + "".join(f"{size:8g}" for size in SIZE_WEIGHTS)]
    found = {
        (terms.score_weight, terms.size_weight): own for terms, own in priors(Task(dataset, loaded.protocol.rules))
    }
    for score in SCORE_WEIGHTS:
        rows.append(f"{score:<26g}" + "".join(f"{100 * found[score, size]:8.1f}" for size in SIZE_WEIGHTS))
    sys.stdout.write("\n".join(rows) + "\n")
    sprm, maf = loaded.protocol.systems["sprm"], loaded.protocol.systems["maf"]
    assert isinstance(sprm, TrainedSystem)
    assert isinstance(maf, TrainedSystem)
    for rate, omega in product(LEARNING_RATES, OMEGAS):
        after = told(sprm.model_copy(update={"omega": omega}), loaded.protocol, dataset, rate)
        sys.stdout.write(f"sprm, rate {rate:g}, omega {omega:g}: {after}\n")
        sys.stdout.flush()
    for rate in MAF_LEARNING_RATES:
        sys.stdout.write(f"maf, rate {rate:g}: {told(maf, loaded.protocol, dataset, rate)}\n")
        sys.stdout.flush()
    plus = loaded.protocol.systems["sprm-plus"]
    assert isinstance(plus, TrainedSystem)
    for rate in PLUS_LEARNING_RATES:
        sys.stdout.write(f"sprm-plus, rate {rate:g}: {told(plus, loaded.protocol, dataset, rate)}\n")
        sys.stdout.flush()
    for share, dropout in product(DROPOUT_SHARES, DROPOUTS):
        after = told(plus.model_copy(update={"dropout": dropout}), loaded.protocol, dataset, 1e-3, share)
        sys.stdout.write(f"sprm-plus, {100 * share:g} % of the images, dropout {dropout:g}: {after}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
