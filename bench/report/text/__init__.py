"""Sentences of a report; every number in one is a field of the analysis."""
