"""The kinds of claim, a file a kind: its settings, its test and its sentences."""
