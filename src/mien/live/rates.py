"""How often a tenant may call what is costly."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from mien.errors import TooFrequent
from mien.settings import LimitSettings


class Rates:
    """Counts calls a tenant in a moving minute. One process serves, so memory is enough."""

    def __init__(self, limits: LimitSettings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._creates = RateLimitItemPerMinute(limits.creates_per_minute)
        self._detects = RateLimitItemPerMinute(limits.detects_per_minute)

    def count_create(self, tenant_id: str) -> None:
        """A create or an update. Raises TooFrequent."""
        self._count(self._creates, "create", tenant_id)

    def count_detect(self, tenant_id: str) -> None:
        """A detect or an upload. Raises TooFrequent."""
        self._count(self._detects, "detect", tenant_id)

    def _count(self, limit: RateLimitItemPerMinute, what: str, tenant_id: str) -> None:
        if not self._limiter.hit(limit, what, tenant_id):
            raise TooFrequent(f"More than {limit.amount} calls a minute.")
