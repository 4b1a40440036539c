"""The stratifiers, a file each."""
