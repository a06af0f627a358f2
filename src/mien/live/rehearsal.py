"""What a live frame costs this machine: the whole way of a frame, run on a picture."""

import time
from pathlib import Path

import cv2
import numpy as np

from mien.media.webrtc.decoder import FORMATS, VideoDecoder
from mien.media.webrtc.encoder import make_encoder
from mien.models.cores import MOST_CORES_A_FRAME
from mien.models.weights import WeightStore
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.rehearsal import plain_source
from mien.swap.senses import Senses
from mien.trust.marking import Marker, Marking
from mien.vision.face import BgrImage

SIZE = (640, 480)
FACE = Path(__file__).with_name("data") / "face.jpg"
BITRATE = 1_500_000
FPS = 20
SETTLING_FRAMES = 4
FRAMES = 24


def cpu_ms_per_frame(store: WeightStore, cores: int = MOST_CORES_A_FRAME) -> float:
    """Processor time of a 640x480 frame, ms: VP8 decoded, tracked, swapped, marked, encoded.

    Processor time, because other load stretches wall time; the lower quartile over a moving
    face, because what else runs on the core takes its caches.
    """
    engine = FrameEngine(Senses.load(store, cores), EngineOptions(cores=cores))
    engine.set_source(plain_source())
    marker = Marker(Marking(bytes(32), 0))
    picture = face_picture()
    encoder = make_encoder("VP8", highest=BITRATE)
    decoder = VideoDecoder(FORMATS["VP8"], SIZE[0] * SIZE[1])
    costs: list[float] = []
    for frame in range(FRAMES):
        begin = time.process_time()
        moved = np.ascontiguousarray(np.roll(picture, 2 * (frame % 8), axis=1))
        image = marker.apply(engine(moved, frame / FPS).image, frame / FPS, BITRATE)
        encoded = encoder.encode(
            image, frame * 90_000 // FPS, bitrate=BITRATE, key=False, now=frame / FPS
        )
        data = b"".join(FORMATS["VP8"].depayload(payload) for payload in encoded.payloads)
        if decoded := decoder.decode(data):
            decoder.to_bgr(decoded)
        costs.append((time.process_time() - begin) * 1e3)
    return float(np.percentile(costs[SETTLING_FRAMES:], 25))


def face_picture() -> BgrImage:
    """A face of about 260 pixels in a 640x480 picture, BGR."""
    return np.asarray(cv2.imread(str(FACE)), np.uint8)
