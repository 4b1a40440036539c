"""The tables of `docs/findings.md`, made from those of the committed reports.

`python docs/findings_tables.py` writes them into the page; a test holds them to the reports, and the numbers of the
page's sentences to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import isnan, nan
from pathlib import Path
from typing import Any

import pandas as pd

from bench.analysis.fraction import Fraction
from bench.text.numbers import NONE, count, percent, points, share, share_of, signed, span

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "findings.md"
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)
PHOTOGRAPHS, FOUND = "photographs", "photographs_found"
RIVALS, EQUAL_STEPS, TUNED, CONTROLS, ABLATIONS = "rivals", "equal_steps", "tuned_rates", "controls", "ablations"
PLUS_ABLATIONS, COARSE = "sprm_plus_ablations", "coarse"
STUDIES = {
    "reference": "fractions.yaml",
    "paper_scale": "paper_scale.yaml",
    "corpus_sizes": "corpus_sizes.yaml",
    PHOTOGRAPHS: "photographs.yaml",
    RIVALS: "rivals.yaml",
    EQUAL_STEPS: "equal_steps.yaml",
    TUNED: "tuned_rates.yaml",
    CONTROLS: "controls.yaml",
    ABLATIONS: "ablations.yaml",
    PLUS_ABLATIONS: "sprm_plus_ablations.yaml",
    COARSE: "coarse.yaml",
}
"""The committed studies, and their protocols."""
SYSTEM, PLUS = "sprm", "sprm-plus"
PRIORS = {
    "prior": "the first of the tied boxes",
    "prior-largest": "the largest of them",
    "prior-shared": "ties shared",
    "prior-score-size": "with score and size",
}
"""The untrained systems of the study on photographs that training is held against, in words."""


def main() -> None:
    """Write the tables into the page."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def with_tables(page: str) -> str:
    """Put the tables where a page names them, between `<!-- table: NAME -->` and `<!-- end -->`."""
    made = {
        "verdicts": verdicts(),
        "amounts": amounts(),
        "sizes": sizes(),
        "untrained": untrained(),
        "photographs": photographs(),
        "gains": gains(),
        "maf": maf(),
        "plus": plus(),
        "plus_given": plus_given(),
        "found": found(),
        "photograph_claims": photograph_claims(),
        "rivals": by_amount(RIVALS),
        "rivals_given": given(RIVALS),
        "over_maf": over_maf(),
        "equal_steps": by_amount(EQUAL_STEPS),
        "rival_claims": rival_claims(),
        "tuned": tuned(),
        "tuned_claims": claims_of(TUNED),
        "controls": by_amount(CONTROLS),
        "confounders": against(CONTROLS),
        "control_claims": claims_of(CONTROLS),
        "crossed": crossed(),
        "ablations": by_amount(ABLATIONS),
        "parts": against(ABLATIONS),
        "ablation_claims": claims_of(ABLATIONS),
        "plus_where": where_gained(),
        "plus_ablations": by_amount(PLUS_ABLATIONS),
        "plus_parts": against(PLUS_ABLATIONS, PLUS),
        "plus_ablation_claims": claims_of(PLUS_ABLATIONS),
        "coarse": by_amount(COARSE),
        "coarse_claims": claims_of(COARSE),
    }
    return BLOCK.sub(lambda block: block[1] + "\n" + made[block[2]] + "\n" + block[3], page)


def verdicts() -> str:
    """Each claim, and what becomes of it with the small and with the large corpus."""
    small, large = read("reference", "verdicts"), read("paper_scale", "verdicts")
    own = [table.set_index("claim") for table in (small, large)]
    rows = [
        (f"`{name}`", *(_verdict(table.loc[name]) if name in table.index else NONE for table in own))
        for name in small["claim"]
    ]
    whole = [f"{count(_images(study))} images" for study in ("reference", "paper_scale")]
    return _table(("claim", *whole), rows)


def amounts() -> str:
    """What the full model loses with each fraction of each corpus, and the optimiser steps that it took."""
    rows = []
    for study in ("reference", "paper_scale"):
        curve, steps, whole = read(study, "curve"), steps_by_images(study), count(_images(study))
        losses = {int(row["training_images"]): row for _, row in read(study, "claim-small-fraction").iterrows()}
        for _, row in curve[curve["system"] == SYSTEM].iterrows():
            images = int(row["training_images"])
            loss = (NONE, NONE)
            if images in losses:
                test = losses[images]
                finding = str(test["finding"]) + ("" if test["reached"] else ", beyond the end of the sequence")
                loss = f"{points(float(test['estimate']))} ({_span(test)})", finding
            accuracy = percent(float(row["accuracy"]))
            fraction = f"{_fraction(row)} of {whole}"
            rows.append((fraction, count(images), count(steps[images]), accuracy, *loss))
    return _table(("fraction", "images", "steps", "accuracy, %", "loss, points (90 % interval)", "finding"), rows)


def sizes() -> str:
    """The smallest competitive fraction of each corpus, its images, its steps, and the images needed."""
    table, steps = read("corpus_sizes", "corpus_sizes"), steps_by_images("corpus_sizes")
    rows = []
    for _, row in table.iterrows():
        smallest = (NONE, NONE, NONE)
        if not isnan(row["smallest_training_images"]):
            images = int(row["smallest_training_images"])
            smallest = share(row["smallest_of_size"]), count(images), count(steps[images])
        interval = f"{_whole(row['needed_low'])} to {_whole(row['needed_high'])}"
        needed = f"{_whole(row['needed_images'])} ({interval})"
        rows.append((count(int(row["size"])), *smallest, needed, share(row["needed_of_size"])))
    header = ("corpus", "smallest fraction", "images", "steps", "images needed (95 % interval)", "as a fraction")
    return _table(header, rows)


def untrained() -> str:
    """What is right without any training on photographs, and how many phrases tie."""
    ties = read(PHOTOGRAPHS, "ties").drop_duplicates("system").set_index("system")
    rows = []
    for _, row in read(PHOTOGRAPHS, "untrained").iterrows():
        tied = percent(float(ties.loc[row["system"], "phrases_tied"])) if row["system"] in ties.index else NONE
        rows.append((f"`{row['system']}`", _accuracy(row), tied))
    return _table(("system", "accuracy, % (95 % interval)", "phrases tied, %"), rows)


def photographs() -> str:
    """Accuracy of each trained system with each number of photographs."""
    curve = read(PHOTOGRAPHS, "curve")
    trained = curve[~curve["system"].isin(read(PHOTOGRAPHS, "untrained")["system"])]
    systems = list(dict.fromkeys(trained["system"]))
    rows = []
    for images in sorted(set(trained["training_images"].astype(int))):
        own = trained[trained["training_images"] == images]
        rows.append((count(images), _fraction(own.iloc[0]), *(_of(own, name) for name in systems)))
    return _table(("images", "fraction", *(f"`{name}`" for name in systems)), rows)


def gains() -> str:
    """What training adds on photographs to each untrained system, in points."""
    both = pd.concat([read(PHOTOGRAPHS, "gains"), read(PHOTOGRAPHS, "other_gains")])
    rows = []
    for system in dict.fromkeys(both["system"]):
        own = both[both["system"] == system]
        amounts = sorted(own["training_images"].unique()) if system == SYSTEM else [own["training_images"].max()]
        for images in amounts:
            at = own[own["training_images"] == images].set_index("rival")
            cells = (_difference(at.loc[rival]) for rival in PRIORS)
            rows.append((f"`{system}`", count(int(images)), *cells))
    return _table(("system", "images", *PRIORS.values()), rows)


def maf() -> str:
    """What the full model differs from MAF by on photographs, and what each adds to MAF's untrained state."""
    leads, gained = read(PHOTOGRAPHS, "between_systems"), read(PHOTOGRAPHS, "other_gains")
    over_maf = {
        name: leads[(leads["system"] == name) & (leads["rival"] == "maf")].set_index("training_images")
        for name in (SYSTEM, "sprm-most-similar")
    }
    start = gained[gained["rival"] == "maf-untrained"]
    own = {name: start[start["system"] == name].set_index("training_images") for name in (SYSTEM, "maf")}
    rows = [
        (count(int(images)), *(_difference(table.loc[images]) for table in (*over_maf.values(), *own.values())))
        for images in over_maf[SYSTEM].index
    ]
    names = (
        "`sprm` over `maf`",
        "`sprm-most-similar` over `maf`",
        "`sprm` over MAF untrained",
        "`maf` over MAF untrained",
    )
    return _table(("images", *names), rows)


def plus() -> str:
    """What SPRM+ comes to on photographs, and what it differs by from the prior that it starts from and from SPRM."""
    curve, gained, leads = (read(PHOTOGRAPHS, name) for name in ("curve", "other_gains", "between_systems"))
    own = curve[curve["system"] == PLUS]
    added = gained[(gained["system"] == PLUS) & (gained["rival"] == "prior-score-size")]
    behind = leads[(leads["system"] == SYSTEM) & (leads["rival"] == PLUS)]
    rows = [
        (count(int(row["training_images"])), _accuracy(row), _difference(gain), _the_other_way(lead))
        for (_, row), (_, gain), (_, lead) in zip(own.iterrows(), added.iterrows(), behind.iterrows(), strict=True)
    ]
    return _table(("images", "`sprm-plus`", "over the prior with score and size", "over `sprm`"), rows)


def plus_given() -> str:
    """What SPRM+ and SPRM were given on photographs, and how the epochs of SPRM+ went on the validation split."""
    effort, course = read(PHOTOGRAPHS, "effort"), read(PHOTOGRAPHS, "training")
    own = course[course["system"] == PLUS]
    rows = []
    for images in sorted(set(own["training_images"])):
        steps = (effort[(effort["system"] == name) & (effort["training_images"] == images)] for name in (PLUS, SYSTEM))
        at = own[own["training_images"] == images]
        looks = (at[at["epoch"] == 0], at[at["is_kept"]], at[at["epoch"] == at["epoch"].max()])
        accuracies = (percent(float(look["val_accuracy"].mean())) for look in looks)
        rows.append((count(int(images)), *(count(round(float(one["steps"].iloc[0]))) for one in steps), *accuracies))
    validation = (f"validation accuracy, %, {name}" for name in ("at the start", "kept", "after the last pass"))
    return _table(("images", "steps of `sprm-plus`", "steps of `sprm`", *validation), rows)


def found() -> str:
    """Accuracy of the full model trained on phrases with a box, and on phrases found in the captions."""
    annotated, own = (_trained(study) for study in (PHOTOGRAPHS, FOUND))
    rows = [(count(images), _accuracy(annotated[images]), _accuracy(own[images])) for images in sorted(own)]
    return _table(("images", "phrases that have a box", "phrases found in the captions"), rows)


def photograph_claims() -> str:
    """What becomes of each claim on photographs, and with the ties of the prior shared."""
    claims = json.loads((ROOT / "reports" / PHOTOGRAPHS / "claims.json").read_text(encoding="utf-8"))["claims"]
    table = read(PHOTOGRAPHS, "verdicts").set_index("claim")
    rows = []
    for claim in claims:
        other = claim.get("ties_shared")
        verdict, shared = _verdict(table.loc[claim["name"]]), _ties_shared(claim, other)
        rows.append((f"`{claim['name']}`", verdict, shared, count(claim["stated"]["trials_finished_before"])))
    return _table(("claim", "verdict", "with ties shared", "trials finished when it was stated"), rows)


def by_amount(study: str) -> str:
    """Accuracy of each system, untrained ones first, with each number of training images."""
    curve, untrained = read(study, "curve"), read(study, "untrained")
    trained = curve[~curve["system"].isin(untrained["system"])]
    amounts = sorted(set(trained["training_images"].astype(int)))
    rows = [(f"`{row['system']}`, not trained", *len(amounts) * [_accuracy(row)]) for _, row in untrained.iterrows()]
    for system in dict.fromkeys(trained["system"]):
        own = trained[trained["system"] == system].set_index("training_images")
        rows.append((f"`{system}`", *(_accuracy(own.loc[images]) for images in amounts)))
    return _table(("system", *(f"{count(images)} images" for images in amounts)), rows)


def where_gained() -> str:
    """What SPRM+ adds on photographs to the prior that it starts from, by what phrases are like."""
    table = read(PHOTOGRAPHS, "where_gained")
    own = table[(table["system"] == PLUS) & (table["rival"] == "prior-score-size") & (table["phrases"] >= 100)]
    rows = [
        (
            str(row["property"]),
            str(row["bin"]),
            count(int(row["phrases"])),
            percent(float(row["a_box_fits"])),
            percent(float(row["untrained"])),
            _gain(row),
        )
        for _, row in own.iterrows()
    ]
    header = (
        "property",
        "bin",
        "phrases",
        "a box fits, %",
        "prior with score and size, %",
        "added, points (95 % interval)",
    )
    return _table(header, rows)


def against(study: str, system: str = SYSTEM) -> str:
    """What each other trained system differs from one by with each number of training images, in points."""
    table = read(study, "between_systems")
    own = table[table["system"] == system]
    amounts = sorted(set(own["training_images"].astype(int)))
    rows = []
    for rival in dict.fromkeys(own["rival"]):
        at = own[own["rival"] == rival].set_index("training_images")
        rows.append((f"`{rival}`", *(_the_other_way(at.loc[images]) for images in amounts)))
    return _table(("system", *(f"{count(images)} images" for images in amounts)), rows)


def given(study: str) -> str:
    """What each trained system was given with all images: steps, sentences and boxes that chose the epoch."""
    table = read(study, "fair_play")
    whole = table[table["training_images"] == table["training_images"].max()]
    least = table[table["training_images"] == table["training_images"].min()].set_index("system")
    rows = [
        (
            f"`{row['system']}`",
            _whole(float(least.loc[row["system"], "steps"])),
            _whole(float(row["steps"])),
            _whole(float(row["sentences_seen"])),
            _whole(float(row["selection_boxes"])),
            _whole(float(row["parameters"])),
        )
        for _, row in whole.iterrows()
    ]
    fewest = count(int(table["training_images"].min()))
    header = (
        "system", f"steps, {fewest} images", "steps, all images", "sentences seen, all images",
        "annotated boxes that chose the epoch", "parameters",
    )  # fmt: skip
    return _table(header, rows)


def rival_claims() -> str:
    """What becomes of each claim about rivals with the budget of each one's authors, and with equal steps."""
    budgets, equal = (read(study, "verdicts").set_index("claim") for study in (RIVALS, EQUAL_STEPS))
    rows = [
        (f"`{name}`", *(_verdict(table.loc[name]) if name in table.index else NONE for table in (budgets, equal)))
        for name in budgets.index
    ]
    return _table(("claim", "the authors' batches and epochs", "equal batches and steps"), rows)


def over_maf() -> str:
    """What SPRM as published, without head and location words, and with tuned rates differs from MAF by, in points."""
    ways = [
        (RIVALS, SYSTEM, "`sprm` over `maf`"),
        (RIVALS, "sprm-all-words", "`sprm-all-words` over `maf`"),
        (TUNED, SYSTEM, "`sprm` over `maf`, each with tuned rates"),
    ]
    amounts: list[int] = []
    rows = []
    for study, system, title in ways:
        table = read(study, "between_systems")
        own = table[(table["system"] == system) & (table["rival"] == "maf")]
        alike = own[own["rival_training_images"] == own["training_images"]]
        amounts = alike["training_images"].astype(int).tolist()
        rows.append((title, *(_difference(row) for _, row in alike.iterrows())))
    return _table(("lead, points", *(f"{count(images)} images" for images in amounts)), rows)


def tuned() -> str:
    """Accuracy of SPRM and MAF with the rate chosen for each training, and the rates that were chosen."""
    curve, tried = read(TUNED, "curve"), read(TUNED, "tuning")
    chosen = tried[tried["is_chosen"]].groupby(["system", "training_images"])["values"].agg(list)
    rows = []
    for system, images in chosen.index:
        own = curve[(curve["system"] == system) & (curve["training_images"] == images)].iloc[0]
        rates = ", ".join(str(values).removeprefix("learning rate ") for values in chosen[system, images])
        rows.append((f"`{system}`", count(images), _accuracy(own), rates))
    return _table(("system", "images", "accuracy, %", "rate chosen with each seed"), rows)


def crossed() -> str:
    """Where the variance of each accuracy of the full model comes from, in percent."""
    table = read(CONTROLS, "variance_shares")
    own = table[table["system"] == SYSTEM]
    parts = {
        "variance_by_subset": "subset",
        "variance_by_initialisation": "initialisation",
        "variance_by_pair": "both of these",
        "variance_by_image": "test images",
        "variance_by_both": "seeds and images together",
    }
    rows = [
        (count(int(row["training_images"])), *(percent(float(row[name]) / float(row["variance"])) for name in parts))
        for _, row in own.fillna(0.0).iterrows()
    ]
    return _table(("images", *(f"{title}, %" for title in parts.values())), rows)


def claims_of(study: str) -> str:
    """What becomes of each claim of a study."""
    table = read(study, "verdicts")
    return _table(("claim", "verdict"), [(f"`{row['claim']}`", _verdict(row)) for _, row in table.iterrows()])


def exponent() -> tuple[float, float, float]:
    """How the images needed grow with the corpus: the power of its size, and the ends of the 95 % interval."""
    row = read("corpus_sizes", "corpus_sizes").iloc[0]
    return float(row["exponent"]), float(row["exponent_low"]), float(row["exponent_high"])


def steps_by_images(study: str) -> dict[int, int]:
    """Optimiser steps of the full model after each number of training images; every seed takes about as many."""
    effort = read(study, "effort")
    own = effort[effort["system"] == SYSTEM]
    return {int(row["training_images"]): round(float(row["steps"])) for _, row in own.iterrows()}


def read(study: str, table: str) -> pd.DataFrame:
    """Read a table of a committed report."""
    return pd.read_csv(ROOT / "reports" / study / "tables" / f"{table}.csv", dtype={"fraction": str})


def _images(study: str) -> int:
    return int(read(study, "curve")["training_images"].max())


def _verdict(row: pd.Series[Any]) -> str:
    if pd.isna(row["estimate"]):
        return f"**{row['verdict']}**"
    quantity = str(row["quantity"])
    unit = "%" if quantity == "gain kept" else "points"
    return f"**{row['verdict']}**: {quantity} {points(float(row['estimate']))} {unit} ({_span(row)})"


def _ties_shared(claim: dict[str, Any], other: dict[str, Any] | None) -> str:
    if other is None or claim["claim"].get("rival") is None:
        return NONE
    low, high = other["interval"] or (nan, nan)
    row = pd.Series({"verdict": other["verdict"], **{name: other[name] for name in ("quantity", "estimate")}})
    return _verdict(pd.concat([row, pd.Series({"low": low, "high": high})]))


def _trained(study: str) -> dict[int, pd.Series[Any]]:
    curve = read(study, "curve")
    return {int(row["training_images"]): row for _, row in curve[curve["system"] == SYSTEM].iterrows()}


def _fraction(row: pd.Series[Any]) -> str:
    """Write the share of the training images that a row is about, as the protocol asks for it."""
    return share_of(Fraction(str(row["fraction"]), int(row["training_images"]), float(row["share"])))


def _accuracy(row: pd.Series[Any]) -> str:
    low, high = float(row["low"]), float(row["high"])
    return f"{percent(float(row['accuracy']))} ({span(low, high)})"


def _difference(row: pd.Series[Any]) -> str:
    return f"{signed(float(row['estimate']))} ({_span(row)})"


def _gain(row: pd.Series[Any]) -> str:
    return _difference(row) if not isnan(float(row["low"])) else signed(float(row["estimate"]))


def _the_other_way(row: pd.Series[Any]) -> str:
    """Write what the rival differs from the system by, and not the system from the rival."""
    if isnan(float(row["low"])) and row["estimate"] == 0:
        return "the same answers"
    return f"{signed(-float(row['estimate']))} ({span(-float(row['high']), -float(row['low']))})"


def _of(own: pd.DataFrame, system: str) -> str:
    return _accuracy(own[own["system"] == system].iloc[0])


def _span(row: pd.Series[Any]) -> str:
    return span(float(row["low"]), float(row["high"]))


def _whole(images: float) -> str:
    return NONE if isnan(images) else count(round(images))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (header, *rows)]
    return "\n".join([lines[0], "|" + ":--|" * len(header), *lines[1:]]) + "\n"


if __name__ == "__main__":
    main()
