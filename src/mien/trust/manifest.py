"""What a C2PA manifest of ours says: that a face was replaced, by what, and under which mark.

No person, no account, no file name: the session is a digest, and ingredients have neutral titles.
"""

from base64 import b64encode
from enum import StrEnum
from typing import Any, Literal

from mien.trust.code import ID_BITS
from mien.trust.registry import Statement

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SOFT_BINDING, SESSION = "c2pa.soft-binding", "mien.session"
MARK_ALGORITHM = "mien.watermark.1"
SWAP = "A face was replaced by another, with a visible label and an invisible mark."

Ingredient = Literal["target", "source"]


class DigitalSource(StrEnum):
    """IPTC's word for where the pixels come from.

    The mesh swapper bends a photo's pixels over the face by arithmetic: models find the face, none
    draws it, so what it makes is a synthetic composite. A swapper whose network draws the face
    must say TRAINED.
    """

    MESH = SOURCE_TYPES + "compositeSynthetic"
    TRAINED = SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"


def manifest_of(
    statement: Statement, *, edits: bool, drawn_by: DigitalSource = DigitalSource.MESH
) -> dict[str, Any]:
    """The manifest's definition. edits: a file was changed, which is added as ingredient "target";
    else the picture came from a live camera."""
    agent = {"name": "Mien", "version": statement.engine_version}
    first: dict[str, Any] = {"action": "c2pa.created", "softwareAgent": agent}
    if edits:
        opened = {"ingredientIds": ["target"]}
        first = {"action": "c2pa.opened", "softwareAgent": agent, "parameters": opened}
    else:
        first |= {"digitalSourceType": drawn_by.value}
    swapped = {
        "action": "c2pa.edited",
        "softwareAgent": agent,
        "digitalSourceType": drawn_by.value,
        "description": SWAP,
    }
    mark = statement.mark_id.to_bytes(ID_BITS // 8, "big")
    binding = {"scope": {}, "value": b64encode(mark).decode()}
    about = {"session": statement.session, "made": statement.made}
    return {
        "claim_generator_info": [agent],
        "title": "Mien recording" if statement.made == "live" else "Mien face swap",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [first, swapped]}},
            {"label": SOFT_BINDING, "data": {"alg": MARK_ALGORITHM, "blocks": [binding]}},
            {"label": SESSION, "data": about},
        ],
    }


def ingredient_of(kind: Ingredient) -> dict[str, Any]:
    """How an input is named; what its own manifest says is kept with it."""
    relationship = "parentOf" if kind == "target" else "componentOf"
    return {"title": kind, "relationship": relationship, "label": kind}
