"""The resource `counter`, each around one of the Go component's."""

from typing import Optional, Self

from wit_world.exports import python_counters
from wit_world.imports.go_counters import Counter as GoCounter

# How many counters there are that were not given up.
_alive = 0


class Counter(python_counters.Counter):
    """What a handle stands for."""

    # None once it was given up.
    behind: Optional[GoCounter]

    def __init__(self, start: int) -> None:
        self._begin(GoCounter(start))

    @classmethod
    def around(cls, behind: GoCounter) -> Self:
        """A counter that stands for one that is there already."""
        counter = cls.__new__(cls)
        counter._begin(behind)
        return counter

    def _begin(self, behind: GoCounter) -> None:
        global _alive
        _alive += 1
        self.behind = behind

    def give_up(self) -> GoCounter:
        """Parts with the one behind, which belongs to the caller now.

        This is the end of a counter. One that is merely dropped stays for ever: componentize-py does not tell.
        """
        global _alive
        _alive -= 1
        behind, self.behind = self.behind, None
        return behind

    def increment(self, by: int) -> int:
        return self.behind.increment(by)

    def value(self) -> int:
        return self.behind.value()

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls.around(GoCounter.parse(text))

    @classmethod
    def sum(cls, one: Self, other: Self) -> Self:
        return cls.around(GoCounter.sum(one.behind, other.behind))


def counted() -> int:
    """How many counters there are now that were not given up."""
    return _alive
