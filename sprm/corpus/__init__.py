"""Corpora: the data contract, its readers, and the built-in corpus."""
