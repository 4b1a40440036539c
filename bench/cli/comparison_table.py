"""A comparison of two runs for people at a terminal."""

from __future__ import annotations

from rich.text import Text

from bench.cli.tables import plain_table
from bench.cli.terminal import console
from bench.report.compare import RunsCompared
from bench.report.tables.run_comparison import comparison_tables
from bench.report.text.run_comparison import comparison_statements

TITLES = {
    "verdicts": "Verdicts",
    "accuracy": "Accuracy",
    "unpaired": "Not compared",
    "settings": "Settings",
    "origins": "Corpus, code and machine",
}


def show_comparison(compared: RunsCompared) -> None:
    """Print what two runs have in common and what not, then each table that has rows."""
    out = console()
    out.print(Text(f"First run: {compared.first.folder}"), soft_wrap=True)
    out.print(Text(f"Second run: {compared.second.folder}"), soft_wrap=True)
    for line in comparison_statements(compared):
        out.print(Text(line), soft_wrap=True)
    for made in comparison_tables(compared):
        words = made.header[: made.words]
        numeric = made.header[made.words :]
        table = plain_table(made.header, numeric=numeric, folded=words[1:])
        for row in made.rows:
            table.add_row(*map(Text, row))
        out.print()
        out.print(Text(TITLES[made.name], style="bold"))
        out.print(table)
        out.print(Text(made.caption, style="dim"), soft_wrap=True)
