"""Which phrases were trained on: those that an annotation names, or those that anyone can find in a caption."""

from __future__ import annotations

from sprm.corpus.settings import Source, TrainPhrases

_WHICH = {
    TrainPhrases.annotated: "the annotated phrases that have a box",
    TrainPhrases.all: "all phrases annotated as visible, with or without a box",
    TrainPhrases.found: "noun phrases found in the plain captions",
}


def training_phrases(source: Source) -> str:
    """Say which phrases of the training captions were trained on."""
    by = "" if source.phrase_finder is None else f", by {source.phrase_finder}"
    return f"{_WHICH[source.training_phrases]}{by}"


def phrases_caveat(source: Source) -> str:
    """State what the training phrases owe to annotations, or lack without them."""
    if source.training_phrases is TrainPhrases.found:
        return (
            f"Training phrases are {training_phrases(source)}. Some of them name nothing that has a box. They have no "
            "entity type, so subsets cannot be stratified by it."
        )
    instead = (
        " corpus.train_phrases=found uses noun phrases of the plain captions instead."
        if "train_phrases" in type(source).model_fields
        else ""
    )
    return (
        f"Training phrases are {training_phrases(source)}. Weak supervision has captions alone and would not know "
        f"them.{instead}"
    )
