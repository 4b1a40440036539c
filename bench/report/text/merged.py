"""What a reader has to know of a run that was merged from others."""

from __future__ import annotations

from collections import Counter

from bench.report.analyse import Analysis
from bench.text.numbers import count, listed
from bench.trials.merging.settle import code_of


def merge_notices(analysis: Analysis) -> list[str]:
    """State what a run was merged from, and whose result was kept where two differed."""
    merged = analysis.manifest.merged
    if merged is None:
        return []
    sources = listed([f"{each.run} ({_results(each.trials)})" for each in merged.runs])
    kept = [
        f"The runs have different results for {choice.system}, {choice.fraction}, seed {choice.seed}. The result of "
        f"{choice.kept} is kept, not that of {listed(choice.dropped)}."
        for choice in merged.choices
    ]
    return [f"Merged from {sources}.", *kept]


def merge_caveats(analysis: Analysis) -> list[str]:
    """State what the results of a merged run do not have in common, because that was asked for."""
    merged = analysis.manifest.merged
    if merged is None:
        return []
    sentences = []
    corpora = Counter(str(record.inputs.get("corpus")) for record in analysis.records)
    if others := [f"{name[:16]} ({_results(corpora[name])})" for name in merged.corpora if corpora[name]]:
        own = analysis.manifest.corpus_fingerprint[:16]
        sentences.append(
            f"As requested, results on other corpora were merged with those on {own}: {listed(others)}. "
            "Differences between systems, fractions or seeds may be differences between corpora."
        )
    made_by = {code_of(record) for record in analysis.records}
    # A later `run` may have computed some again.
    codes = [code for code in merged.codes if code in made_by]
    if len(codes) > 1:
        sentences.append(
            f"As requested, results of different code were merged: sprm-bench {listed(codes)}. Differences between "
            "systems, fractions or seeds may come from the code."
        )
    return sentences


def _results(number: int) -> str:
    return "1 result" if number == 1 else f"{count(number)} results"
