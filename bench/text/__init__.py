"""How numbers are worded."""
