"""Every failure that a caller may see, and the one table that turns it into an answer."""

from dataclasses import dataclass
from typing import Self


class MienError(Exception):
    """A failure that a caller can read: what happened and what to do next.

    advice: what to do, where the failure knows better than its kind's Answer.
    """

    def __init__(self, what: str = "", advice: str = "") -> None:
        super().__init__(what, advice)
        self.what, self.advice = what, advice

    def __str__(self) -> str:
        return f"{self.what}; {self.advice}" if self.advice else self.what

    def about(self, name: str) -> Self:
        """The same failure, said of one of several fields or files."""
        return type(self)(f"{name}: {self.what}", self.advice)


class ParameterError(MienError):
    """A field is missing, empty, or of the wrong type or form."""


class PayloadTooLarge(MienError):
    """A body, picture, video or session description is above its limit."""


class VerificationRequired(MienError):
    """The installation's policy wants a likeness record before this face may be used."""


class TooFrequent(MienError):
    """More calls than the rate limit allows."""


class QuotaExceeded(MienError):
    """The tenant's quota is used up."""


class TooManyFaces(MienError):
    """A picture or request names more faces than can be swapped."""


class NotFound(MienError):
    """The session, channel, source or peer does not exist."""


class SessionClosed(MienError):
    """The session existed and has ended for good."""


class Forbidden(MienError):
    """The session belongs to somebody else, or the token is for another channel."""


class ImageRejected(MienError):
    """Bytes that are not a picture we decode, or one above the limits."""


class NoFaceFound(MienError):
    """A picture without a usable face."""


class SourceRejected(MienError):
    """A face was found but can't serve as a source; the text says why."""


class ContentRefused(SourceRejected):
    """The picture shows what the installation's content gate does not let through."""


class FaceBlocked(MienError):
    """The face is on the installation's block list, or its owner has withdrawn his consent."""


class FetchFailed(MienError):
    """A stranger's URL could not be fetched; one text for every cause."""


class MediaRejected(MienError):
    """An SDP, a candidate or a stream that can't be negotiated or decoded."""


class BadCredentials(MienError):
    """A key, secret or token that is wrong or expired."""


class MissingCredentials(MienError):
    """No key and no token were sent."""


class TenantBlocked(MienError):
    """The tenant's account is blocked."""


class NoCapacity(MienError):
    """No process has room for one more session."""


class ProcessLost(NoCapacity):
    """The process that was asked has died, or did not answer in time."""


class MarkingFailed(MienError):
    """Frames would leave without their mark or label; nothing may be sent then."""


class WeightsError(MienError):
    """A model file is missing or its hash is wrong."""


@dataclass(frozen=True)
class Answer:
    """How one kind of failure is told: the API's code, the status on /v1 paths, what to do."""

    code: int
    http_status: int
    advice: str


OK = 1000

ANSWERS: dict[type[MienError], Answer] = {
    ParameterError: Answer(1003, 400, "Check the request's fields against /docs."),
    PayloadTooLarge: Answer(1003, 413, "Send a smaller file."),
    VerificationRequired: Answer(1004, 403, "Register a likeness record for this face first."),
    TooFrequent: Answer(1005, 429, "Wait a little, then try again."),
    QuotaExceeded: Answer(1006, 402, "Ask the operator for a larger quota."),
    TooManyFaces: Answer(1007, 400, "Use at most 8 faces."),
    NotFound: Answer(1008, 404, "Check the id, or create a new session."),
    SessionClosed: Answer(1008, 410, "Create a new session."),
    Forbidden: Answer(1009, 403, "Use the token that create gave for this session."),
    FaceBlocked: Answer(1009, 403, "Use another face, or ask the operator."),
    ImageRejected: Answer(1016, 400, "Send a JPEG, PNG, WebP, BMP or GIF picture."),
    NoFaceFound: Answer(1016, 400, "Use a sharp, front-facing picture of one face."),
    SourceRejected: Answer(1016, 400, "Use another picture of the face."),
    FetchFailed: Answer(1003, 400, "Use a public http(s) URL, or send the picture itself."),
    MediaRejected: Answer(1003, 400, "Offer VP8 or H.264 video and Opus audio."),
    BadCredentials: Answer(1101, 401, "Get a new token from getToken."),
    MissingCredentials: Answer(1102, 401, "Send x-api-key or Authorization: Bearer."),
    TenantBlocked: Answer(1200, 403, "Ask the operator why the account is blocked."),
    NoCapacity: Answer(1215, 503, "Try again in a minute, or add a machine."),
}


def answer_for(error: MienError) -> Answer:
    """The answer of the error's class or of its nearest base in the table.

    Raises KeyError for a class that no caller can cause, such as WeightsError: that is a
    server fault and becomes HTTP 500.
    """
    for kind in type(error).__mro__:
        if kind in ANSWERS:
            return ANSWERS[kind]
    raise KeyError(type(error).__name__)
