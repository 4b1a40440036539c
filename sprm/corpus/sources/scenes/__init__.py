"""Scenes, the built-in corpus: pictures composed from pictograms, with captions, boxes and detections that fit them.

It is written in the layouts that others release (Flickr30k Entities and the MAF detection files) and read back by
the same readers, so it has no path of its own through the rest of the project. It is synthetic: what holds on it need
not hold on photographs.
"""
