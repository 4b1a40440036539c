"""What a comparison of two runs comes to, in sentences."""

from __future__ import annotations

from bench.report.compare import RunsCompared
from bench.text.numbers import count, listed

NOT_REPRODUCED = "Trials of the same settings, corpus and package version have other outcomes"

ORIGINS = {
    "corpus": "corpus",
    **dict.fromkeys(("package", "revision", "dirty"), "code"),
    **dict.fromkeys(("python", "libraries"), "libraries"),
    **dict.fromkeys(("platform", "processor", "processors", "host", "threads"), "machine"),
}
"""What each thing that results were made from and with belongs to."""


def comparison_statements(compared: RunsCompared) -> list[str]:
    """State how far two runs are the same, in one sentence each: settings, origin, outcomes, verdicts."""
    return [
        _settings(compared),
        _outcomes(compared),
        *_why_other(compared),
        *_significant(compared),
        *_verdicts(compared),
    ]


def _settings(compared: RunsCompared) -> str:
    number = len(compared.settings)
    differ = "1 setting differs" if number == 1 else f"{count(number)} settings differ"
    settings = differ if number else "The settings are the same"
    if not compared.origins:
        return f"{settings}; corpus, code, libraries and machine are the same."
    parts = list(dict.fromkeys(ORIGINS[each.name.partition(".")[0]] for each in compared.origins))
    verb = "differs" if len(parts) == 1 and parts[0] != "libraries" else "differ"
    return f"{settings}; {listed(parts)} {verb}."


def _outcomes(compared: RunsCompared) -> str:
    if not compared.paired:
        return "No trial of the one run can be paired with one of the other."
    paired = "1 trial is" if compared.paired == 1 else f"{count(compared.paired)} trials are"
    return f"{paired} complete in both runs with the same test phrases; {count(compared.same)} have the same outcomes."


def _why_other(compared: RunsCompared) -> list[str]:
    """Name what trials with other outcomes were made from that is not the same, or say that it is the same."""
    differing = [cell for cell in compared.cells if cell.differs]
    sentences = []
    if names := list(dict.fromkeys(name for cell in differing for name in cell.inputs)):
        sentences.append(f"Trials with other outcomes were made with another {listed(names)}.")
    if unexplained := [f"{cell.system} on {cell.fraction}" for cell in differing if not cell.inputs]:
        sentences.append(f"{NOT_REPRODUCED}: {listed(unexplained)}.")
    return sentences


def _significant(compared: RunsCompared) -> list[str]:
    tested = [cell for cell in compared.cells if cell.p_adjusted == cell.p_adjusted]
    if not tested:
        return []
    clear = [f"{cell.system} on {cell.fraction}" for cell in tested if cell.p_adjusted < 0.05]
    found = listed(clear) if clear else "none"
    return [f"Differences in accuracy that hold for new trainings and new images (5 % level, Holm): {found}."]


def _verdicts(compared: RunsCompared) -> list[str]:
    both = [change for change in compared.verdicts if change.first is not None and change.second is not None]
    if not both:
        return []
    if not any(change.changed for change in both):
        return ["All verdicts on claims that both runs make are the same."]
    others = [change.name for change in both if not change.is_one_claim]
    changed = [change.name for change in both if change.is_one_claim and change.changed]
    return [
        *([f"Other verdicts on the same claim: {listed(changed)}."] if changed else []),
        *([f"Other claims by the same name: {listed(others)}."] if others else []),
    ]
