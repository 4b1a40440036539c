"""Estimates and tests on outcomes by seed and image."""
