from __future__ import annotations

import gzip

import numpy as np

from sprm.corpus.sources.scenes import tables
from sprm.corpus.sources.scenes.glyphs import glyph, repainted
from sprm.text.word_vectors import builtin_vectors

FLICKR_TYPES = {"people", "clothing", "bodyparts", "animals", "vehicles", "instruments", "scene", "other"}
# GloVe's table as packaged has no one-letter words.
WITHOUT_VECTOR = {"a"}


def packaged_words() -> set[str]:
    with gzip.open(builtin_vectors(), "rt", encoding="utf-8") as lines:
        return {line.split(" ", 1)[0] for line in lines}


def test_there_are_at_least_a_hundred_categories_over_all_eight_entity_types() -> None:
    every = tables.categories()
    assert len({category.name for category in every}) == len(every) >= 100
    assert {kind for category in every for kind in category.entity_type.split("/")} == FLICKR_TYPES
    assert any("/" in category.entity_type for category in every)


def test_every_category_has_right_labels_and_others_it_is_taken_for() -> None:
    for category in tables.categories():
        assert category.words, category.name
        assert category.hypernyms, category.name
        assert category.labels, category.name
        assert category.confusions, category.name
        assert not set(category.labels) & set(category.confusions), category.name


def test_every_setting_has_room_and_labels_and_every_category_a_setting() -> None:
    tags = {tag for setting in tables.settings() for tag in setting.tags}
    for category in tables.categories():
        assert "any" in category.places or category.places & tags, category.name
    for setting in tables.settings():
        assert setting.clutter
        edges = [edge for _, top, bottom in setting.bands for edge in (top, bottom)]
        assert edges[0] == 0
        assert edges[-1] == 1
        assert edges == sorted(edges)


def test_parts_belong_to_categories() -> None:
    names = {category.name for category in tables.categories()}
    for part in tables.parts():
        assert part.owners <= names


def test_coarse_labels_are_eighty_that_name_each_category_once_and_have_somebody_to_take_for_them() -> None:
    labels = tables.coarse_labels()
    assert len({label.name for label in labels}) == len(labels) == 80
    categories = tables.categories()
    known = {category.name for category in categories} | {category.kind for category in categories}
    tags = {tag for setting in tables.settings() for tag in setting.tags}
    for label in labels:
        assert label.shows | label.mistaken <= known, label.name
        assert label.clutter, label.name
        assert label.clutter <= tags, label.name
    for category in categories:
        others = {category.name, category.kind}
        rightly = [label.name for label in labels if label.shows & others]
        assert len(rightly) <= 1, category.name
        assert rightly or any(label.mistaken & others for label in labels), category.name


def test_every_caption_word_has_a_packaged_vector() -> None:
    known = packaged_words() | WITHOUT_VECTOR
    nouns = [noun for category in tables.categories() for noun in category.words + category.hypernyms]
    nouns += [noun for part in tables.parts() for noun in part.words]
    words = {word for noun in nouns for word in f"{noun.singular} {noun.plural}".split()}
    words |= {word for colour in tables.colours() for word in colour.words}
    words |= {word for setting in tables.settings() for text in setting.words for word in text.split()}
    words |= {word for band in tables.bands().values() for text in band.words for word in text.split()}
    assert words - known == set()


def test_the_packaged_vectors_take_at_most_a_megabyte_and_carry_their_notice() -> None:
    assert builtin_vectors().stat().st_size <= 1_000_000
    notice = (builtin_vectors().parent / "NOTICE.txt").read_text(encoding="utf-8")
    assert "Public Domain Dedication and License" in notice
    assert "Pennington" in notice


def test_words_are_counted_and_joined_as_english_does() -> None:
    nouns = {noun.singular: noun for category in tables.categories() for noun in category.words}
    assert nouns["man"].plural == "men"
    assert nouns["bus"].plural == "buses"
    assert nouns["puppy"].plural == "puppies"
    assert nouns["sheep"].countable
    assert not nouns["pants"].countable


def test_a_painted_thing_shows_the_colour_that_its_caption_names() -> None:
    paints = np.array([colour.rgb for colour in tables.colours()], dtype=np.float64)
    names = [colour.name for colour in tables.colours()]
    for category in tables.categories():
        for pictogram in category.pictograms if category.paint else ():
            for colour in tables.colours():
                if category.colours not in colour.palettes:
                    continue
                before = glyph(pictogram, "")[..., :3]
                after = repainted(pictogram, "", category.paint, colour.rgb, category.from_row)[..., :3]
                start = int(category.from_row * len(after))
                changed = (after != before).any(axis=2)[start:]
                if not changed.any():
                    continue
                values, counts = np.unique(after[start:][changed], axis=0, return_counts=True)
                most = values[counts.argmax()].astype(np.float64)
                nearest = names[int(np.abs(paints - most).sum(axis=1).argmin())]
                assert nearest == colour.name, (category.name, colour.name, most)
                assert changed.sum() > 0.15 * (glyph(pictogram, "")[start:, :, 3] == 255).sum(), category.name
