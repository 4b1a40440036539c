"""What a protocol needs of this machine, and whether it is there."""
