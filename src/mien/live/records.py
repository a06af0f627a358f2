"""What the store keeps beside sessions: tenants, source faces and recordings, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tenant:
    """Somebody who may call, and how much.

    secret_digest: hex HMAC-SHA-256 of the secret under the pepper. old_digest: of the secret
    before it, which is good until old_expires_at. credit: live minutes that were granted; only a
    metered tenant uses them up. used_s: seconds of live sessions so far. sessions at once, creates
    and detects a minute: None is the installation's own limit.
    """

    id: str
    client_id: str
    secret_digest: str
    blocked: bool
    credit: int
    created_at: float
    old_digest: str | None = None
    old_expires_at: float = 0.0
    metered: bool = False
    used_s: float = 0.0
    sessions: int | None = None
    creates: int | None = None
    detects: int | None = None

    def digests(self, now: float) -> tuple[str, ...]:
        """Of the secrets that are good now: one, or two while a rotation is under way."""
        if self.old_digest is None or now >= self.old_expires_at:
            return (self.secret_digest,)
        return (self.secret_digest, self.old_digest)

    @property
    def credit_left(self) -> int:
        """Whole minutes that are left; what is not metered stays as it is."""
        return max(0, self.credit - int(self.used_s // 60)) if self.metered else self.credit


@dataclass(frozen=True)
class Source:
    """A source face, prepared. landmarks and region as in `imaging.FaceReading`.

    listed: uploaded by itself, so it stays until deleted; else it lives with its session.
    width and height are the picture's; 0 where only the face was asked for. likeness_id: the
    record under which the face is used; None until a session has used it. path, preview, identity
    (the face's embedding, None where it could not be told) and credentials (what its pictures' own
    C2PA manifests say, None where they have none): sealed.
    """

    id: str
    tenant_id: str
    created_at: float
    listed: bool
    width: int
    height: int
    faces: int
    landmarks: tuple[tuple[int, int], ...]
    region: tuple[int, int, int, int]
    notes: tuple[str, ...]
    path: str = ""
    preview: bytes = b""
    likeness_id: str | None = None
    identity: bytes | None = None
    credentials: bytes | None = None


@dataclass(frozen=True)
class Recording:
    """What was recorded of a session on one station. ready: finished, and signed where possible."""

    id: str
    tenant_id: str
    session_id: str
    mark_id: int
    created_at: float
    expires_at: float
    ready: bool
    bytes: int
