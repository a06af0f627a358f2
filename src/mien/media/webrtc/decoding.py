"""A decoder in a thread of its own, fed from the event loop."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import av

from mien.errors import MediaRejected
from mien.media.webrtc.assembler import EncodedFrame
from mien.media.webrtc.counters import Average
from mien.media.webrtc.decoder import VideoDecoder
from mien.media.webrtc.picture import Image, VideoPicture
from mien.media.webrtc.tasks import start_logged

MAX_WAITING = 12


class DecodingThread:
    """Decodes every frame in order; only the newest of those that wait becomes a picture.

    on_picture, on_broken (the decoder needs a key frame) and on_refused are called on the loop.
    """

    def __init__(
        self,
        decoder: VideoDecoder,
        *,
        on_picture: Callable[[VideoPicture], None],
        on_broken: Callable[[], None],
        on_refused: Callable[[MediaRejected], None],
    ) -> None:
        self.overtaken = 0
        self.decode_ms = Average()
        self.size: tuple[int, int] | None = None
        self._decoder = decoder
        self._on_picture, self._on_broken, self._on_refused = on_picture, on_broken, on_refused
        self._waiting: deque[EncodedFrame] = deque()
        self._wake = asyncio.Event()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._task = start_logged(self._run(), "decode")

    def put(self, frame: EncodedFrame) -> None:
        """Queue a frame. When the decoder can't keep up, all go and a key frame is asked for."""
        if len(self._waiting) >= MAX_WAITING and not frame.is_key:
            self._waiting.clear()
            self._on_broken()
            return
        if frame.is_key:
            self.overtaken += len(self._waiting)
            self._waiting.clear()  # nothing before a key frame is needed any more
        self._waiting.append(frame)
        self._wake.set()

    async def close(self) -> None:
        """End the task and the thread."""
        self._task.cancel()
        await asyncio.wait([self._task])
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                frame = self._waiting.popleft()
                try:
                    image = await loop.run_in_executor(self._executor, self._decode, frame)
                except MediaRejected as error:
                    self._on_refused(error)
                    return
                except av.FFmpegError:
                    self._on_broken()
                    continue
                if image is not None:
                    self.size = (image.shape[1], image.shape[0])
                    self._on_picture(VideoPicture(image, frame.timestamp, frame.arrived))

    def _decode(self, frame: EncodedFrame) -> Image | None:
        start = time.perf_counter()
        picture = self._decoder.decode(frame.data)
        if picture is None:
            return None
        if self._waiting:  # a newer frame is here already: nobody would look at this one
            self.overtaken += 1
            return None
        image = self._decoder.to_bgr(picture)
        self.decode_ms.add((time.perf_counter() - start) * 1e3)
        return image
