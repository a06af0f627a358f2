"""What Prometheus reads; on a registry of its own, so that two apps don't share counters."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from mien.live.placement import Placement

METHODS = frozenset({"GET", "POST", "PATCH", "DELETE", "OPTIONS", "HEAD", "PUT"})


class Metrics:
    """The API process's figures."""

    def __init__(self, registry: CollectorRegistry, placement: Placement) -> None:
        labels = ("method", "route")
        self._requests = Counter(
            "mien_http_requests_total", "Requests", (*labels, "status"), registry=registry
        )
        self._seconds = Histogram(
            "mien_http_request_seconds", "Time to answer", labels, registry=registry
        )
        live = Gauge("mien_sessions_live", "Sessions with a process", registry=registry)
        live.set_function(lambda: placement.capacity().live)
        limit = Gauge("mien_sessions_limit", "Sessions that could run at once", registry=registry)
        limit.set_function(lambda: placement.capacity().limit)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; an invented method is one label, however many are invented."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)
