"""How often the methods are wrong, on simulated studies: for whoever doubts or changes a method."""
