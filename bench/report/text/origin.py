"""Where the numbers come from: corpus, code, machine, and the command that makes them again."""

from __future__ import annotations

from bench.report.analyse import Analysis
from bench.report.text.throughput import throughput
from bench.report.text.training_phrases import training_phrases
from bench.text.durations import spoken
from bench.text.numbers import count, images

LIBRARIES = ("torch", "torchvision", "numpy", "pandas", "pyarrow", "scipy")
"""Those that numbers pass through first; the manifest names all."""


def facts(analysis: Analysis) -> list[tuple[str, str]]:
    """Return what a run depends on, as pairs of a title and a value."""
    manifest, code = analysis.manifest, analysis.manifest.provenance
    pairs = [
        ("Run", analysis.run.name),
        ("Corpus", f"{analysis.protocol.corpus.described}, fingerprint {manifest.corpus_fingerprint[:16]}"),
    ]
    for name, split in manifest.splits.items():
        size = f"{count(split.sentences)} sentences, {count(split.phrases)} phrases, {count(split.regions)} boxes"
        pairs.append((f"{name} split", f"{images(split.images)}, {size}"))
    features = analysis.protocol.corpus.features or manifest.splits["test"].extractor
    pairs.append(("Features", features))
    pairs.append(("Training phrases", training_phrases(analysis.protocol.corpus)))
    pairs.append(("Head words", manifest.splits["test"].heads))
    pairs.append(("Rules", analysis.protocol.rules.value))
    pairs.append(("Code", f"sprm-bench {code.package}, {code.code or 'no revision'}"))
    libraries = (f"{name} {code.libraries[name]}" for name in LIBRARIES if name in code.libraries)
    pairs.append(("Libraries", ", ".join(libraries)))
    pairs.append(("Python", f"{code.python}, {code.platform}"))
    threads = " or ".join(str(number) for number in sorted({record.threads for record in analysis.records}))
    pairs.append(("Machine", f"{code.processor}, {code.processors} logical CPUs; CPU threads per trial: {threads}"))
    seconds = sum(record.seconds for record in analysis.records)
    pairs.append(("Computing time", f"{spoken(seconds)}, sum over all trials"))
    if (rate := throughput(analysis)) is not None:
        pairs.append(("Throughput", rate))
    pairs.append(("Started", f"{manifest.started_at:%Y-%m-%d %H:%M} UTC"))
    return pairs


def commands(analysis: Analysis) -> list[str]:
    """Return the commands that make the results and the report again."""
    run = f"results/{analysis.run.name}"
    return [f"python -m bench run {run}/protocol.yaml", f"python -m bench report {run}"]


def attributions(analysis: Analysis) -> list[str]:
    """Name the owners of what the report shows or rests on."""
    return list(analysis.protocol.corpus.attributions)
