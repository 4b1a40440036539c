"""The report of a run: a page, the same in Markdown, figures, tables, and the verdicts for machines."""
