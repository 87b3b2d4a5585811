"""Small made-up data in which the marker foretells the event, and nothing else does."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dualalign.progression.checks import make_longitudinal
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.schema import LongitudinalSchema

SCHEMA = LongitudinalSchema.model_validate(
    {
        "name": "planted",
        "visit_days": 1,
        "static": [
            {"id": "sex", "levels": ["F", "M"]},
            {"id": "age", "unit": "years", "low": 18, "high": 110, "moves_with_time": True},
        ],
        "modalities": [
            {
                "id": "tests",
                "name": "Tests",
                "features": [
                    {
                        "id": "marker",
                        "name": "Marker",
                        "unit": "points",
                        "low": 0,
                        "high": 30,
                        "worse": "low",
                    },
                    {"id": "rating", "low": 0, "high": 3},
                ],
            },
            {
                "id": "labs",
                "name": "Labs",
                "features": [
                    {"id": "noise", "unit": "mg/dL", "low": -20, "high": 20, "units": {"g/L": 100.0}},
                    {"id": "report", "text": True},
                ],
            },
        ],
        "state": {"feature": "rating", "above": 0},
        "conversion": {"event": "onset", "horizons": [1, 2, 3, 5], "censored_by": ["death"]},
        "decline": {"feature": "marker", "points": 3, "years": 2, "window": 0.6},
        "forecast": ["marker"],
    }
)


def planted(subjects: int = 60, visits: int = 5, seed: int = 0) -> LongitudinalData:
    """Half of the subjects decline from the second visit on and meet the event near the end."""
    random = np.random.default_rng(seed)
    people, seen, events = [], [], []
    for number in range(subjects):
        name, declines = f"S{number:03d}", number % 2 == 0
        people.append({"subject": name, "sex": "FM"[number % 3 == 0], "age": 70.0 + random.normal()})
        times = np.cumsum(np.r_[0.0, random.uniform(0.6, 1.4, visits - 1)])
        for place, time in enumerate(times.tolist()):
            marker = 27.0 - (2.5 * place if declines else 0.0) + random.normal(0, 0.7)
            rows = [
                ("tests", "marker", min(30.0, max(0.0, marker))),
                ("labs", "noise", float(random.normal())),
            ]
            rows.append(("tests", "rating", 0.5 if declines and place >= visits - 1 else 0.0))
            if place and random.random() < 0.2:
                rows = rows[:1] + rows[2:]
            seen += [(name, time, *row) for row in rows]
        if declines:
            events.append((name, float(times[-1]), "onset"))
    columns = ("subject", "time", "modality", "feature", "value")
    return make_longitudinal(
        SCHEMA,
        pa.Table.from_pylist(people),
        pa.table({name: [row[place] for row in seen] for place, name in enumerate(columns)}),
        pa.table(
            {name: [row[place] for row in events] for place, name in enumerate(("subject", "time", "event"))}
        ),
    )
