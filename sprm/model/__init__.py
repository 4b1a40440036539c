"""The models: SPRM, its rivals, what they share, and the plain equations that SPRM is held against."""
