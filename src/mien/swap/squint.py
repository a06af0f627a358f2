"""Lower lids that narrow an eye go further than the wearer's: on another face they show less.

The source's own lid, its shade and its lashes stay as the photo has them, so that of a squint the
landmark net reads back two thirds, and so does whoever looks (docs/decisions/0031-lower-lids.md).
"""

from functools import cache

import numpy as np

from mien.swap.geometry import Doubles, Floats, smooth_step
from mien.swap.template import face_template
from mien.vision import topology as topo
from mien.vision.similarity import Similarity

# How far a lower lid goes, as a factor of the wearer's.
GAIN = 1.5
# How far below the corners of the eyes a lid begins to be the lower one, and is, in centimetres.
_BELOW = (0.05, 0.4)


def squint(points: Floats, pose: Similarity, rest: Doubles | None) -> Doubles:
    """How far the lower lids go beyond the wearer's, (468, 3) in the canonical frame.

    points: (468, 3) pixels; pose: canonical to pixels; rest: the wearer's face at rest, (468, 3),
    None while none is known.
    """
    offsets = np.zeros((topo.MESH_POINTS, 3))
    if rest is not None:
        offsets[:, 1] = (GAIN - 1) * _lower_lids() * (pose.undo(points) - rest)[:, 1]
    return offsets


@cache
def _lower_lids() -> Floats:
    """(468,) 1 along the lower lids, 0 along the upper ones and half an eye's width away."""
    template = face_template()
    level = template.vertices[[topo.RIGHT_EYE_OUTER, topo.RIGHT_EYE_INNER], 1].mean()
    below = smooth_step(template.vertices[:, 1] - level, *_BELOW)
    return np.asarray(template.lids.max(0) * below, np.float32)
