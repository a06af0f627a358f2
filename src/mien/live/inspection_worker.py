"""The process that looks through one stranger's file; see live/inspection_process.py."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from mien.errors import ImageRejected, MediaRejected, ParameterError, PayloadTooLarge
from mien.live.figures import MIB
from mien.live.inside import Tell, run_child
from mien.live.person_reading import PersonReader
from mien.live.wire import Message
from mien.media.clips import ClipLimits
from mien.models.weights import WeightStore
from mien.trust.credentials import read
from mien.trust.inspection import InspectionLimits, inspect
from mien.trust.pattern import Pattern, make_pattern
from mien.vision.image import ImageLimits

EXTRA_MEMORY_MB = 2048
CPU_S = 60


class InspectionWorker:
    """Looks at one file, and is ended."""

    def __init__(self, tell: Tell) -> None:
        self._limits = InspectionLimits()
        self._patterns: list[Pattern] = []
        self._anchors = ""

    async def answer(self, call: str, message: Message) -> Message:
        """Answer one request of the API process. Raises ParameterError for an unknown one."""
        work = {
            "prepare": self._prepare,
            "inspect": self._inspect,
            "read_person": self._read_person,
        }
        if call not in work:
            raise ParameterError(f"The inspection process does not know '{call}'.")
        return await asyncio.to_thread(work[call], message)

    async def close(self) -> None:
        """Nothing is under way that would have to end well."""

    def _prepare(self, message: Message) -> Message:
        body = message.body
        self._limits = InspectionLimits(ImageLimits(**body["images"]), ClipLimits(**body["clips"]))
        self._patterns = [make_pattern(bytes.fromhex(key)) for key in body["keys"]]
        self._anchors = body["anchors"]
        cv2.setNumThreads(1)
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        most = mapped + EXTRA_MEMORY_MB * MIB
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, resource.RLIM_INFINITY))
        return Message()

    def _inspect(self, message: Message) -> Message:
        with _refusing():
            finding = inspect(message.blob, self._patterns, self._limits)
            credentials = read(message.blob, self._anchors)
            return Message({**asdict(finding), "credentials": asdict(credentials)})

    def _read_person(self, message: Message) -> Message:
        registered = np.array(message.body["registered"], np.float32)
        with _refusing():
            reader = PersonReader.load(WeightStore())
            clips = self._limits.clips or ClipLimits()
            return Message(asdict(reader(message.blob, registered, clips)))


@contextmanager
def _refusing() -> Iterator[None]:
    """What a stranger's file may do wrong, told as one kind of error."""
    try:
        yield
    except (MediaRejected, PayloadTooLarge) as error:
        raise ImageRejected(error.what, error.advice) from error
    except MemoryError as error:
        raise ImageRejected("The file is too large", "send a smaller one.") from error


if __name__ == "__main__":
    run_child(InspectionWorker)
