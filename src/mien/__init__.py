"""Mien: a self-hosted, real-time face swap.

from mien import FaceSwapper
swapper = FaceSwapper(source_bgr)
out = swapper(frame_bgr)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mien.swap.face_swapper import FaceSwapper

__all__ = ["FaceSwapper"]


def __getattr__(name: str) -> Any:
    """Import the swapper only when it is asked for: the API's processes never need it."""
    if name == "FaceSwapper":
        from mien.swap.face_swapper import FaceSwapper

        return FaceSwapper
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
