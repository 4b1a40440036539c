"""What may be made of published numbers beside those of a run, in sentences."""

from __future__ import annotations

from bench.report.analyse import Analysis
from bench.report.published import Sameness, different_for_all, published_beside
from bench.text.numbers import listed


def published_statements(analysis: Analysis) -> list[str]:
    """Say whether published numbers can be compared with a run's; nothing where none is known."""
    corpus = analysis.protocol.corpus
    if corpus.synthetic is not None:
        return ["No published number is shown: this corpus is synthetic, so none can be compared with it."]
    held = published_beside(analysis)
    if not held:
        return []
    if of_all := different_for_all(analysis):
        return [f"This run cannot be compared with any published number: {listed(of_all)}."]
    same = sum(each.sameness is Sameness.same for each in held)
    return [
        f"{same} of {len(held)} published numbers are known to be measured on the same work as this run. They have no "
        "interval: a difference from them is tested only if a claim names the number, which is then taken as exact."
    ]
