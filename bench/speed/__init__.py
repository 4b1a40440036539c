"""How fast this machine trains, against the plain equations and against the bare matrix products."""
