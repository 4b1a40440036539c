"""Protocols: what a file may say, and reading it."""
