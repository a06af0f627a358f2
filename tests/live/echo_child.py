"""A child process for tests: it answers, logs, hangs and dies as it is told."""

import asyncio
import atexit
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import structlog

from mien.errors import ImageRejected, WeightsError
from mien.live.inside import Tell, run_child
from mien.live.wire import Message


class Echo:
    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._config: Mapping[str, Any] = {}

    async def answer(self, call: str, message: Message) -> Message:
        return Message(await getattr(self, call)(**message.body), message.blob)

    async def close(self) -> None:
        if self._config.get("stubborn"):
            time.sleep(60)  # noqa: ASYNC251  that is what makes it stubborn

    async def prepare(self, **config: Any) -> dict[str, Any]:
        self._config = config
        if config.get("heavy"):
            atexit.register(time.sleep, 60)  # as long as taking apart what it has loaded
        if config.get("broken"):
            raise WeightsError("A model file is missing.")
        if config.get("slow"):
            await asyncio.sleep(60)
        if config.get("dies"):
            os._exit(3)
        return {"pid": os.getpid(), "group": os.getpgid(0)}

    async def environment(self) -> dict[str, Any]:
        return dict(os.environ)

    async def log(self) -> dict[str, Any]:
        structlog.get_logger().error("it.happened", number=7)
        sys.stderr.write("not json\n")
        sys.stderr.write("x" * 200_000 + "\n")
        structlog.get_logger().info("after")
        return {}

    async def reject(self) -> dict[str, Any]:
        raise ImageRejected("Not a picture.")

    async def tell(self, number: int) -> dict[str, Any]:
        self._tell("told", {"number": number})
        return {}

    async def die(self) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    async def threads(self) -> dict[str, Any]:
        np.linalg.svd(np.ones((200, 200)))
        return {"threads": len(os.listdir("/proc/self/task")), "cv2": cv2.getNumThreads()}


if __name__ == "__main__":
    run_child(Echo)
