"""Trials: what is left to run, and running it."""
