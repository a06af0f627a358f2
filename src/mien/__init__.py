"""Mien: a self-hosted, real-time face swap.

from mien import FaceSwapper
swapper = FaceSwapper(source_bgr)
out = swapper(frame_bgr)
"""

import os
from typing import TYPE_CHECKING, Any

# ONNX Runtime reports its use to its makers unless this is said before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from mien.swap.face_swapper import FaceSwapper

__all__ = ["FaceSwapper"]


def __getattr__(name: str) -> Any:
    """Import the swapper only when it is asked for: the API's processes never need it."""
    if name == "FaceSwapper":
        from mien.swap.face_swapper import FaceSwapper

        return FaceSwapper
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
