"""Plain captions, and phrases with boxes to judge by."""
