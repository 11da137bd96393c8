"""What a look at the exchange says about our books: which orders moved, what differs, what is foreign."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """A product whose position here and there is not the same. Contracts are signed."""

    product_id: str
    ours: int
    theirs: int

    def __str__(self) -> str:
        return f"{self.product_id}: ours {self.ours:+d}, the exchange's {self.theirs:+d}"


def differences(ours: Mapping[str, int], theirs: Mapping[str, int]) -> tuple[Difference, ...]:
    """Products that differ. A product that is not named is flat."""
    return tuple(
        Difference(product_id, ours.get(product_id, 0), theirs.get(product_id, 0))
        for product_id in sorted(ours.keys() | theirs.keys())
        if ours.get(product_id, 0) != theirs.get(product_id, 0)
    )


class Agreement:
    """Whether positions agree, over several looks: one look can fall between a fill and its booking."""

    def __init__(self, looks_to_believe: int) -> None:
        self._looks_to_believe = looks_to_believe
        self._last: tuple[Difference, ...] = ()
        self._times = 0

    def see(self, found: Iterable[Difference]) -> tuple[Difference, ...]:
        """Take one look; the differences once the very same ones were seen often enough."""
        found = tuple(found)
        self._times = self._times + 1 if found and found == self._last else (1 if found else 0)
        self._last = found
        return found if self._times >= self._looks_to_believe else ()

    @property
    def clean(self) -> bool:
        """Whether the last look found no difference."""
        return not self._last
