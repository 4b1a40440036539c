"""What a protocol needs of this machine, and whether it is there."""

from __future__ import annotations

from bench.doctor.diagnosis import Diagnosis, Finding, diagnose
from bench.doctor.listing import diagnosis_as_json, show_diagnosis

__all__ = ["Diagnosis", "Finding", "diagnose", "diagnosis_as_json", "show_diagnosis"]
