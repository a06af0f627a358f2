"""A source's face as numbers, sealed beside it: opened under the source's own name alone."""

import numpy as np

from mien.trust.sealing import Seal
from mien.vision.identity import Embedding


def seal_identity(seal: Seal, source_id: str, identity: tuple[float, ...]) -> bytes | None:
    """An embedding as it is kept; None where none is known."""
    if not identity:
        return None
    return seal.close(np.array(identity, np.float32).tobytes(), _about(source_id))


def open_identity(seal: Seal, source_id: str, sealed: bytes | None) -> Embedding | None:
    """What `seal_identity` gave for that source."""
    if sealed is None:
        return None
    return np.frombuffer(seal.open(sealed, _about(source_id)), np.float32)


def _about(source_id: str) -> str:
    return f"identity of {source_id}"
