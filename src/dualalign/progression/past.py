"""Cut data at a time, so that only the past is left."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dualalign.progression.longitudinal import LongitudinalData

_MARGIN = 1e-9


def until(data: LongitudinalData, time: float) -> LongitudinalData:
    """Return the data as they stood at a time: later observations and events dropped, and subjects not yet seen.

    Args:
        data: the data.
        time: years on each subject's own clock.
    """
    seen = data.observations.filter(pc.less_equal(data.observations["time"], time + _MARGIN))
    known = pc.unique(seen["subject"])
    events = data.events.filter(pc.less_equal(data.events["time"], time + _MARGIN))
    return LongitudinalData(
        data.schema,
        data.subjects.filter(pc.is_in(data.subjects["subject"], value_set=known)),
        seen,
        events.filter(pc.is_in(events["subject"], value_set=_array(known))),
    )


def _array(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
