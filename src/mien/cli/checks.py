"""What serving needs of a machine, looked at one thing at a time."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.media.agora.sdk import PACKAGE, is_installed
from mien.settings import Settings

Verdict = Literal["ok", "warning", "failure"]

# One live session's worker, and the API and imaging processes beside it, in MiB.
MEMORY_NEEDED_MB = 1000


@dataclass(frozen=True)
class Check:
    """One look: what was found, and what to do where it is not well."""

    name: str
    verdict: Verdict
    found: str
    advice: str = ""


def check_python() -> Check:
    """The interpreter's version: 3.11 to 3.14."""
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] < (3, 15):
        return Check("python", "ok", version)
    return Check("python", "failure", version, "Use Python 3.11 to 3.14.")


def check_cores() -> Check:
    """Cores that this process may use; one live session wants two."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    if cores >= 2:
        return Check("cores", "ok", str(cores))
    return Check("cores", "warning", str(cores), "Two cores are needed for 30 frames a second.")


def check_memory() -> Check:
    """Memory that is available now, from /proc/meminfo."""
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return Check("memory", "warning", "unknown", "Mien measures memory on Linux only.")
    fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
    available_mb = int(fields["MemAvailable"].split()[0]) // 1024
    if available_mb >= MEMORY_NEEDED_MB:
        return Check("memory", "ok", f"{available_mb} MiB available")
    return Check(
        "memory", "failure", f"{available_mb} MiB available", f"Free {MEMORY_NEEDED_MB} MiB."
    )


def check_codecs() -> Check:
    """The codecs of live streams and files, as the installed PyAV offers them."""
    import av

    wanted = {"libvpx": "w", "vp8": "r", "libx264": "w", "h264": "r", "libopus": "w", "aac": "w"}
    missing = [name for name, mode in wanted.items() if not _has_codec(av, name, mode)]
    if missing:
        return Check(
            "codecs", "failure", f"missing {', '.join(missing)}", "Reinstall PyAV's wheel."
        )
    return Check("codecs", "ok", "VP8, H.264, Opus, AAC")


def _has_codec(av: object, name: str, mode: str) -> bool:
    try:
        av.codec.Codec(name, mode)  # type: ignore[attr-defined]
    except ValueError:
        return False
    return True


def check_models() -> Check:
    """Every shipped weight, by hash."""
    from mien.models.weights import WeightStore

    problems = WeightStore().problems()
    if problems:
        return Check("models", "failure", "; ".join(problems), "Reinstall Mien.")
    return Check("models", "ok", "all hashes right")


def check_kernels() -> Check:
    """Compiled kernels can be kept: beside Mien, in the user's cache, or where numba is told."""
    try:
        from mien.trust import kernels
    except RuntimeError as error:
        advice = "Name a folder that is this user's alone in NUMBA_CACHE_DIR."
        return Check("compiled kernels", "failure", str(error), advice)
    return Check("compiled kernels", "ok", f"kept in {kernels.add_mark.stats.cache_path}")


def check_data_dir(settings: Settings) -> Check:
    """The data directory, or the place where it will be made, is writable."""
    place = settings.data_dir.resolve()
    existing = next(path for path in (place, *place.parents) if path.exists())
    if existing.is_dir() and os.access(existing, os.W_OK):
        return Check("data directory", "ok", str(place))
    return Check("data directory", "failure", str(place), "Choose another with --data-dir.")


def check_port(settings: Settings) -> Check:
    """The HTTP port can be bound."""
    address = f"{settings.host}:{settings.port}"
    try:
        with socket.create_server((settings.host, settings.port)):
            return Check("http port", "ok", address)
    except OSError as error:
        advice = "Stop what listens there, or choose another with --port."
        return Check("http port", "failure", f"{address}: {error.strerror}", advice)


def check_media_ports(settings: Settings) -> Check:
    """UDP ports for media can be bound."""
    low, high = settings.ice.udp_port_min, settings.ice.udp_port_max
    wanted = range(low, high + 1) if low and high else range(1)
    free = sum(_udp_free(port) for port in wanted)
    span = f"{low}-{high}" if low and high else "any"
    if free:
        return Check("media ports", "ok", f"UDP {span}, {free} of {len(wanted)} free")
    return Check("media ports", "failure", f"UDP {span}: none free", "Widen MIEN_ICE_UDP_PORT_*.")


def _udp_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def check_turn(settings: Settings) -> Check:
    """A TURN server is set, has its secret, and its name resolves."""
    if not settings.ice.turn_urls:
        advice = "Browsers behind strict firewalls need one: see docs/operations.md."
        return Check("turn", "warning", "none set", advice)
    if settings.ice.turn_secret is None:
        return Check("turn", "failure", "no secret", "Set MIEN_ICE_TURN_SECRET.")
    for url in settings.ice.turn_urls:
        host = url.split(":", 1)[-1].split("?")[0].rsplit(":", 1)[0]
        try:
            socket.getaddrinfo(host, None)
        except OSError:
            return Check(
                "turn", "failure", f"{host} does not resolve", "Correct MIEN_ICE_TURN_URLS."
            )
    return Check("turn", "ok", ", ".join(settings.ice.turn_urls))


def check_agora(settings: Settings) -> Check:
    """Where an Agora account is set, its SDK must be there too."""
    if not settings.agora.complete:
        return Check("agora", "ok", "not set up (an option: see docs/agora.md)")
    if not is_installed():
        advice = f"{sys.executable} -m pip install {PACKAGE}, or unset MIEN_AGORA_APP_ID."
        return Check("agora", "warning", f"{PACKAGE} is missing", advice)
    return Check("agora", "ok", f"{PACKAGE} is installed (the account itself is not asked)")


def check_gpu() -> Check:
    """ONNX Runtime's providers. The built-in swapper needs none."""
    import onnxruntime

    providers = [p for p in onnxruntime.get_available_providers() if p != "CPUExecutionProvider"]
    found = ", ".join(providers) or "none"
    return Check("gpu providers", "ok", f"{found} (the built-in swapper runs on the CPU)")


def check_all(settings: Settings) -> Iterator[Check]:
    """Every check, in the order in which a newcomer would mend them."""
    alone: tuple[Callable[[], Check], ...] = (
        check_python,
        check_cores,
        check_memory,
        check_codecs,
        check_models,
        check_kernels,
    )
    with_settings: tuple[Callable[[Settings], Check], ...] = (
        check_data_dir,
        check_port,
        check_media_ports,
        check_turn,
        check_agora,
    )
    for look in alone:
        yield look()
    for look_with in with_settings:
        yield look_with(settings)
    yield check_gpu()
