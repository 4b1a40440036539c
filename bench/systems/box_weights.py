"""What a prior may add to its similarity, untrained: weights of a detector's score and of a box's size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from sprm.model.prior import BoxTerms


class BoxWeights(BaseModel):
    """Settings of a system whose prior may go by score and size."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    score_weight: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Weight of the logarithm of the detector's score, which is added to the prior's similarity; left out, as
    published, it counts for nothing. The source has to tell the scores."""
    size_weight: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Weight of the logarithm of a box's share of the image's area, likewise."""

    @property
    def box_terms(self) -> BoxTerms | None:
        """What the prior adds to the cosine of a box; None for nothing."""
        from sprm.model.prior import BoxTerms

        terms = BoxTerms(self.score_weight or 0.0, self.size_weight or 0.0)
        return None if terms == BoxTerms() else terms

    @property
    def box_terms_in_words(self) -> str:
        """The terms as they follow the similarity in a sentence: ` + 0.15 log score`; empty without any."""
        weights = {"log score": self.score_weight, "log share of the image's area": self.size_weight}
        return "".join(f" + {weight:g} {name}" for name, weight in weights.items() if weight is not None)
