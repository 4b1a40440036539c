"""Stratified subsets of the training images, and their lists on disk."""
