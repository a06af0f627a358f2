"""What the fields of a policy may say, and which of two values lets less through."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

LikenessMode = Literal["implicit", "required"]
GateMode = Literal["off", "on", "required"]
RecordingMode = Literal["allow", "deny"]
RecordingDays = Annotated[float, Field(gt=0, allow_inf_nan=False)]
LostFaceMode = Literal["pass", "hold", "blur"]
# client: by pages that say that they do; into the picture while anybody has not said so.
LabelBy = Literal["burned_in", "client"]

# More is stricter. While a face is lost, neither hold nor blur shows it bare.
RANKS: Mapping[str, Mapping[str, int]] = {
    "likeness": {"implicit": 0, "required": 1},
    "gate": {"off": 0, "on": 1, "required": 2},
    "recording": {"allow": 0, "deny": 1},
    "lost_face": {"pass": 0, "hold": 1, "blur": 1},
}


def is_laxer(field: str, value: str | float, than: str | float) -> bool:
    """Whether a field's value lets more through than another one."""
    if isinstance(value, str) and isinstance(than, str):
        return RANKS[field][value] < RANKS[field][than]
    return float(value) > float(than)
