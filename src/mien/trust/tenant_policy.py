"""What the operator's policy says of one tenant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import ConfigDict

from mien.trust.strictness import (
    GateMode,
    LikenessMode,
    LostFaceMode,
    RecordingDays,
    RecordingMode,
    is_laxer,
)


@dataclass(frozen=True)
class TenantPolicy:
    """Fields that are not said are the installation's.

    laxer: the operator means it where a field lets more through than the installation's.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    likeness: LikenessMode | None = None
    gate: GateMode | None = None
    recording: RecordingMode | None = None
    recording_days: RecordingDays | None = None
    lost_face: LostFaceMode | None = None
    laxer: bool = False

    @property
    def said(self) -> dict[str, Any]:
        """The fields that differ from what is not said."""
        return {name: value for name, value in vars(self).items() if value not in (None, False)}

    @property
    def fields(self) -> dict[str, Any]:
        """Those of them that stand in the place of the installation's."""
        return {name: value for name, value in self.said.items() if name != "laxer"}

    def laxer_in(self, installation: Mapping[str, Any]) -> list[str]:
        """Which fields let more through than the installation's, in their order."""
        return [
            name for name, value in self.fields.items() if is_laxer(name, value, installation[name])
        ]
