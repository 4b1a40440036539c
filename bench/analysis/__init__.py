"""From the outcomes of single phrases to estimates, as frozen records."""
