"""Detections: files that others released, and detectors that are run here."""
