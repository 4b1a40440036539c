"""Referring expressions: what people called a thing in an image, and the box it has."""
