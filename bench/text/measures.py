"""How a metric is written within sentences."""

from __future__ import annotations

from dataclasses import dataclass

from sprm.evaluation.metric import ACCURACY, METRICS


@dataclass(frozen=True)
class Measure:
    """A metric as a word; written as a string, `accuracy` or `recall at 5`.

    Attributes:
        name: the metric's, that of its column.
    """

    name: str = ACCURACY

    @property
    def is_accuracy(self) -> bool:
        """Whether a system's value is the share of phrases that it is right for."""
        return self.name == ACCURACY

    @property
    def title(self) -> str:
        """Its name at the beginning of a sentence; that of its column where no such metric is known."""
        metric = METRICS.by_name().get(self.name)
        return self.name if metric is None else metric.title

    def __str__(self) -> str:
        """Its name within a sentence."""
        return self.title[:1].lower() + self.title[1:]

    @property
    def several(self) -> str:
        """Values of it."""
        return "accuracies" if self.is_accuracy else f"values of {self}"

    @property
    def one(self) -> str:
        """A single value of it."""
        return "an accuracy" if self.is_accuracy else f"a value of {self}"

    @property
    def each(self) -> str:
        """Each of several values."""
        return "each accuracy" if self.is_accuracy else f"each value of {self}"

    @property
    def mean(self) -> str:
        """The mean of several values."""
        return f"mean {self}" if self.is_accuracy else f"mean of {self}"

    @property
    def better(self) -> str:
        """What a system is whose value is the higher one: `more accurate`, before `than`."""
        return "more accurate" if self.is_accuracy else f"better in {self}"

    @property
    def worse(self) -> str:
        """What a system is whose value is the lower one."""
        return "less accurate" if self.is_accuracy else f"worse in {self}"

    @property
    def as_good(self) -> str:
        """What a system is whose value is the same, before `as`."""
        return "as accurate" if self.is_accuracy else f"as good in {self}"

    def reached(self, value: str) -> str:
        """Say that a system has a value, in percent: `is right for 54.3 % of the test phrases`."""
        return f"is right for {value} % of the test phrases" if self.is_accuracy else f"has a {self} of {value} %"

    def column(self, name: str) -> str:
        """Return the name of a column of numbers that is called after accuracy where that is the metric."""
        return name.replace("accuracy", self.name) if not self.is_accuracy and not name.startswith("val") else name
