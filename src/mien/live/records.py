"""What the store keeps beside sessions: tenants and source faces, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tenant:
    """Somebody who may call. secret_digest: hex HMAC-SHA-256 of the secret under the pepper."""

    id: str
    client_id: str
    secret_digest: str
    blocked: bool
    credit: int
    created_at: float


@dataclass(frozen=True)
class Source:
    """A source face, prepared. landmarks and region as in `imaging.FaceReading`.

    listed: uploaded by itself, so it stays until deleted; else it lives with its session.
    width and height are the picture's; 0 where only the face was asked for.
    """

    id: str
    tenant_id: str
    created_at: float
    listed: bool
    path: str
    width: int
    height: int
    faces: int
    landmarks: tuple[tuple[int, int], ...]
    region: tuple[int, int, int, int]
    notes: tuple[str, ...]
    preview: bytes
