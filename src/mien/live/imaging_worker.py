"""The process that decodes strangers' pictures: started by live/imaging_process.py."""

import asyncio
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import hypot
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mien.errors import (
    ImageRejected,
    MediaRejected,
    ParameterError,
    PayloadTooLarge,
)
from mien.live.figures import MIB
from mien.live.imaging import FaceReading
from mien.live.inside import Tell, run_child
from mien.live.reading import read_face
from mien.live.rehearsal import face_picture
from mien.live.wire import Message
from mien.media.clips import ClipLimits, kind_of, read_evenly
from mien.models.weights import WeightStore
from mien.swap.geometry import Floats
from mien.swap.merge import merge_sources
from mien.swap.source import SourceFace
from mien.swap.source_maker import SourceMaker, notes_on
from mien.trust.credentials import archive
from mien.vision.face import BgrImage
from mien.vision.faces import Face
from mien.vision.image import ImageLimits, decode_image, encode_jpeg
from mien.vision.nudity import NudityModel

EXTRA_MEMORY_MB = 2048
"""Above what the warm process has mapped: a 25-megapixel picture in its stages, 100 frames."""
CPU_S_PER_REQUEST = 30
CROP_MARGIN, PREVIEW_MARGIN = 0.25, 0.45
PREVIEW_SIDE = 192

Region = tuple[int, int, int, int]


class ImagingWorker:
    """Reads one picture at a time."""

    def __init__(self, tell: Tell) -> None:
        self._images = ImageLimits()
        self._clips = ClipLimits()
        self._maker: SourceMaker | None = None
        self._nudes: NudityModel | None = None
        self._busy = asyncio.Lock()

    async def answer(self, call: str, message: Message) -> Message:
        """Answer one request of the API process. Raises ParameterError for an unknown one."""
        work = {
            "prepare": self._prepare,
            "read_faces": self._read,
            "prepare_source": self._source,
            "recognise": self._recognise,
            "merge_sources": _merge,
            "nudity": self._score,
        }
        if call not in work:
            raise ParameterError(f"The imaging process does not know '{call}'.")
        async with self._busy:
            return await asyncio.to_thread(work[call], message)

    async def close(self) -> None:
        """Nothing is under way that would have to end well."""

    def _prepare(self, message: Message) -> Message:
        self._images = ImageLimits(**message.body["images"])
        self._clips = ClipLimits(**message.body["clips"])
        cv2.setNumThreads(1)
        self._maker = SourceMaker.load(WeightStore())
        self._maker([face_picture()])
        self._nudes = NudityModel.load()
        self._nudes(face_picture())
        _limit_memory()
        return Message()

    def _read(self, message: Message) -> Message:
        _limit_processor_time()
        body = message.body
        crops: list[bytes] = []
        pictures = []
        for image, seconds in self._pictures(message.blob, body["frames"]):
            faces = self._ready().finder(image)[: 1 if body["largest_only"] else None]
            pictures.append(_described(image, faces, seconds))
            if body["crops"] and faces:
                left, top, width, height = region = _around(image, pictures[-1]["faces"][0])
                crops.append(encode_jpeg(image[top : top + height, left : left + width]))
                pictures[-1] |= {"crop_region": region, "crop_bytes": len(crops[-1])}
        return Message({"pictures": pictures}, b"".join(crops))

    def _source(self, message: Message) -> Message:
        _limit_processor_time()
        image = self._decoded(message.blob)
        faces = self._ready().faces(image)
        face = _chosen(faces, message.body["near"], image)
        largest_of = 1 if message.body["near"] else len(faces)
        source = self._ready().prepare(image, face.mesh, largest_of)
        data = source.to_bytes()
        reading = _reading(image, face)
        notes = notes_on(image, face, largest_of)
        told = {"face": asdict(reading), "notes": notes, "nudity": self._nudity(image)}
        said = archive(message.blob)
        told |= {"identity": _known(source.identity), "source_bytes": len(data)}
        told |= {"credentials_bytes": len(said)}
        return Message(told, data + said + _preview(image, reading))

    def _recognise(self, message: Message) -> Message:
        _limit_processor_time()
        image = self._decoded(message.blob)
        face = _chosen(self._ready().faces(image), message.body["near"], image)
        return Message({"identity": _known(self._ready().recognise(image, face.mesh))})

    def _score(self, message: Message) -> Message:
        return Message({"nudity": self._nudity(self._decoded(message.blob))})

    def _nudity(self, image: BgrImage) -> float:
        assert self._nudes is not None, "prepare comes first"
        return self._nudes(image)

    def _pictures(self, data: bytes, frames: int) -> list[tuple[BgrImage, float | None]]:
        try:
            if kind_of(data) == "picture":
                return [(self._decoded(data), None)]
            found = read_evenly(data, frames, self._clips)
        except (MediaRejected, PayloadTooLarge) as error:
            raise ImageRejected(error.what, error.advice) from error
        except MemoryError as error:
            raise ImageRejected("The video is too large", "send a smaller one.") from error
        return [(frame.image, frame.seconds) for frame in found]

    def _decoded(self, data: bytes) -> BgrImage:
        try:
            return decode_image(data, self._images)
        except MemoryError as error:
            raise ImageRejected("The picture is too large", "send a smaller one.") from error

    def _ready(self) -> SourceMaker:
        assert self._maker is not None, "prepare comes first"
        return self._maker


def _merge(message: Message) -> Message:
    _limit_processor_time()
    parts, read = [], 0
    for size in message.body["part_bytes"]:
        parts.append(SourceFace.from_bytes(message.blob[read : read + size]))
        read += size
    return Message(blob=merge_sources(parts).to_bytes())


def _known(identity: Floats) -> list[float]:
    """An embedding for JSON; empty where it could not be told."""
    return [float(value) for value in identity] if np.isfinite(identity).all() else []


def _limit_memory() -> None:
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = mapped + EXTRA_MEMORY_MB * MIB
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _limit_processor_time() -> None:
    """Have the kernel end this process when one request takes too long."""
    most = int(time.process_time()) + CPU_S_PER_REQUEST
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


def _reading(image: BgrImage, face: Face) -> FaceReading:
    return read_face(face, image.shape[1], image.shape[0])


def _described(image: BgrImage, faces: Sequence[Face], seconds: float | None) -> dict[str, Any]:
    return {
        "faces": [asdict(_reading(image, face)) for face in faces],
        "width": image.shape[1],
        "height": image.shape[0],
        "frame_time": seconds,
    }


def _chosen(faces: Sequence[Face], near: Sequence[Sequence[int]], image: BgrImage) -> Face:
    """The face whose eyes and nose lie nearest to the first three points, else the largest.

    The fourth point is a mouth corner in one form of detection and the mouth in the other.
    """
    if not near:
        return faces[0]
    x, y = np.mean(near[:3], axis=0)

    def away(face: Face) -> float:
        face_x, face_y = np.mean(_reading(image, face).landmarks[: min(3, len(near))], axis=0)
        return hypot(face_x - x, face_y - y)

    return min(faces, key=away)


def _around(image: BgrImage, face: Mapping[str, Any], margin: float = CROP_MARGIN) -> Region:
    """The face's region with a margin on each side, inside the picture."""
    left, top, width, height = face["region"]
    x, y = round(width * margin), round(height * margin)
    right, bottom = min(left + width + x, image.shape[1]), min(top + height + y, image.shape[0])
    left, top = max(left - x, 0), max(top - y, 0)
    return left, top, right - left, bottom - top


def _preview(image: BgrImage, reading: FaceReading) -> bytes:
    left, top, width, height = _around(image, asdict(reading), PREVIEW_MARGIN)
    scale = PREVIEW_SIDE / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    crop = image[top : top + height, left : left + width]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return encode_jpeg(np.asarray(cv2.resize(crop, size, interpolation=how), np.uint8))


if __name__ == "__main__":
    run_child(ImagingWorker)
