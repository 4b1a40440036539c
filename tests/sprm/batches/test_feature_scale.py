from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_split import random_split

from sprm.batches.feature_scale import FeatureScale
from sprm.errors import DataError
from sprm.settings import Rules


def test_all_features_of_the_images_have_one_mean_and_one_deviation() -> None:
    split = random_split(0, Rules.corrected, heads=True, locations=True)
    images = np.array([2, 0])
    features = np.concatenate([split.features[slice(*split.region_offsets[row : row + 2])] for row in images])
    found = FeatureScale.of(split, images)
    assert found.mean == pytest.approx(features.astype(np.float64).mean(), abs=1e-12)
    assert found.deviation == pytest.approx(features.astype(np.float64).std(), rel=1e-9)
    assert found != FeatureScale.of(split, np.array([1]))


@pytest.mark.parametrize("number", [0.0, 0.1])
def test_features_that_are_all_the_same_number_are_refused(number: float) -> None:
    split = random_split(0, Rules.corrected, heads=True, locations=True)
    alike = replace(split, features=np.full_like(split.features, number))
    with pytest.raises(DataError, match="all features of the training images are one number"):
        FeatureScale.of(alike, np.array([0, 1]))
