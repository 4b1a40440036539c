"""SPRM: weakly-supervised visual grounding with semantic prior refinement, and the data it reads."""
