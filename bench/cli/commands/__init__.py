"""What each command does, from a protocol file to its answer: a file a command, whose function returns an exit code."""
