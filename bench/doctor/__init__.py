"""What a protocol needs of this machine, and whether it is there."""

from __future__ import annotations

from bench.doctor.diagnosis import Diagnosis, Finding, diagnose
from bench.doctor.listing import as_json, show

__all__ = ["Diagnosis", "Finding", "as_json", "diagnose", "show"]
