"""A diagnosis as lines for a person and as plain values for a program."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.text import Text

from bench.doctor.diagnosis import Diagnosis, Finding


def show_diagnosis(diagnosis: Diagnosis, out: Console) -> None:
    """Tell what is missing and where to put it, then what is there, then what there is to compute with."""
    missing = diagnosis.missing
    for owner in dict.fromkeys(finding.owner for finding in missing):
        _say(out, Text("missing", style="bold red").append(f", published at {owner}", style="default"))
        for finding in missing:
            if finding.owner == owner:
                _say(out, Text(f"  {finding.place}  ").append(finding.what, style="dim"))
    for finding in diagnosis.findings:
        if finding not in missing:
            _say(out, _there(finding))
    if diagnosis.findings:
        out.print()
    for line in _summary(diagnosis):
        _say(out, line)


def diagnosis_as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as plain values."""
    return {"ready": diagnosis.is_ready, **asdict(diagnosis)}


def _there(finding: Finding) -> Text:
    if not finding.present:
        more = f"{finding.what}; {finding.fallback}; published at {finding.owner}"
        return Text(f"absent   {finding.place}  ").append(more, style="dim")
    size = f"  {_bytes(finding.size)}" if finding.size is not None else ""
    return Text("present  ", style="green").append(f"{finding.place}{size}", style="default")


def _summary(diagnosis: Diagnosis) -> list[Text]:
    room, machine = diagnosis.room, diagnosis.machine
    lines = []
    if diagnosis.missing:
        needed = sum(finding.present or finding.is_missing for finding in diagnosis.findings)
        lines.append(Text(f"{len(diagnosis.missing)} of {needed} are missing.", style="bold red"))
    elif diagnosis.damage is not None:
        lines.append(Text(f"The corpus is damaged; `prepare` or `run` will rebuild it: {diagnosis.damage}"))
    elif diagnosis.prepared is not None:
        lines.append(Text(f"The corpus is built: {diagnosis.prepared}"))
    else:
        lines.append(Text("All files are present; `prepare` or `run` will build the corpus."))
    disk = f"Disk: {_bytes(room.free)} free at {room.folder}"
    if room.needed:
        disk += f"; building the corpus needs about {_bytes(room.needed)} ({_bytes(room.kept)} permanently)"
    if room.free < room.needed:
        disk += ": not enough"
    lines.append(Text(disk, style="" if room.free >= room.needed else "bold red"))
    lines += [Text(f"Implausible: {doubt}", style="yellow") for doubt in diagnosis.doubts]
    known = [f"{100 * share:.1f} % of the words of {kind}" for kind, share in diagnosis.known_words.items() if share]
    lines.append(Text(f"Word vectors: {diagnosis.words}" + (f"; {' and '.join(known)} have one" if known else "")))
    lines += [Text(f"Word vectors: {scarcity}", style="yellow") for scarcity in diagnosis.scarcities]
    cpus, threads = machine.cpus, machine.threads
    lines.append(
        Text(
            f"Machine: {cpus} {'CPU' if cpus == 1 else 'CPUs'}, {threads} {'thread' if threads == 1 else 'threads'} "
            f"per trial, {_bytes(machine.memory_free)} of {_bytes(machine.memory)} memory free"
        )
    )
    return lines


def _bytes(count: int) -> str:
    return decimal(count, separator=" ")


def _say(out: Console, line: Text) -> None:
    # A path is copied from here, so it must not be broken.
    out.print(line, soft_wrap=True)
