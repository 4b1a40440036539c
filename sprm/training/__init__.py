"""Training: the loop, and the optimiser it uses."""
