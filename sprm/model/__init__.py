"""The model: prior, refinement and loss, and the plain equations they are held against."""
