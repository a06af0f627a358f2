"""How often a tenant may call what is costly."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from mien.errors import TooFrequent
from mien.live.records import Tenant
from mien.settings import LimitSettings


class Rates:
    """Counts calls in a moving minute. One process serves, so memory is enough."""

    def __init__(self, limits: LimitSettings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limits = limits

    def count_create(self, tenant: Tenant) -> None:
        """A create or an update. Raises TooFrequent."""
        self._count("create", tenant.id, _own(tenant.creates, self._limits.creates_per_minute))

    def count_detect(self, tenant: Tenant) -> None:
        """A detect or an upload. Raises TooFrequent."""
        self._count("detect", tenant.id, _own(tenant.detects, self._limits.detects_per_minute))

    def count_inspection(self) -> None:
        """A look for marks. Who asks is not known, so all share one allowance."""
        self._count("inspection", "everybody", self._limits.detects_per_minute)

    def count_link(self, link: str) -> None:
        """Anything that is asked by one consent link, so that none stands in another's way."""
        self._count("link", link, self._limits.link_calls_per_minute)

    def count_clip(self) -> None:
        """A consent clip, by any link: it costs three seconds of a core."""
        self._count("clip", "everybody", self._limits.detects_per_minute)

    def count_guess(self) -> None:
        """A consent link that is none of ours. All who guess share one allowance."""
        self._count("guess", "everybody", self._limits.detects_per_minute)

    def _count(self, what: str, who: str, a_minute: int) -> None:
        if a_minute < 1 or not self._limiter.hit(RateLimitItemPerMinute(a_minute), what, who):
            raise TooFrequent(f"More than {a_minute} calls a minute.")


def _own(quota: int | None, everybodys: int) -> int:
    return everybodys if quota is None else quota
