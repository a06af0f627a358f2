"""For how long nothing was heard of a peer. Time is an argument."""

# A longer time between two looks was slept through, and what came meanwhile was not read yet.
MOST_STEP_S = 0.5


class Silence:
    """Counts only what it was awake for: a machine that stood still has heard nobody.

    Without that, whoever pauses for some seconds would take all its peers for dead at once.
    """

    def __init__(self, now: float) -> None:
        self._looked = now
        self._seconds = 0.0

    def seconds(self, now: float, heard: float) -> float:
        """How long it lasts by now; heard: when something came last. Ask often."""
        awake = self._seconds + min(now - self._looked, MOST_STEP_S)
        self._looked, self._seconds = now, min(awake, now - heard)
        return self._seconds
