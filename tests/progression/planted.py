"""Small made-up data in which the marker foretells the event, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dualalign.progression import LongitudinalData, LongitudinalSchema, Record, own_mapping, read_records
from dualalign.progression.mapping import YEAR_DAYS

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


def made(
    rows: Iterable[tuple[str, float | None, str, object]], schema: LongitudinalSchema = SCHEMA
) -> LongitudinalData:
    """Return data of rows of subject, years, code and value; events are `event//NAME`."""
    records = [
        Record(subject, None if years is None else years * YEAR_DAYS, code, value)
        for subject, years, code, value in rows
    ]
    return read_records(records, own_mapping(schema), "made", schema, averaged=False)


def planted(subjects: int = 60, visits: int = 5, seed: int = 0) -> LongitudinalData:
    """Half of the subjects decline from the second visit on and meet the event near the end."""
    random = np.random.default_rng(seed)
    rows: list[tuple[str, float | None, str, object]] = []
    for number in range(subjects):
        name, declines = f"S{number:03d}", number % 2 == 0
        rows += [(name, None, "sex", "FM"[number % 3 == 0]), (name, None, "age", 70.0 + random.normal())]
        times = np.cumsum(np.r_[0.0, random.uniform(0.6, 1.4, visits - 1)])
        for place, time in enumerate(times.tolist()):
            marker = 27.0 - (2.5 * place if declines else 0.0) + random.normal(0, 0.7)
            seen: list[tuple[str, float]] = [("marker", min(30.0, max(0.0, marker)))]
            seen += [("noise", float(random.normal()))]
            seen += [("rating", 0.5 if declines and place >= visits - 1 else 0.0)]
            if place and random.random() < 0.2:
                seen = seen[:1] + seen[2:]
            rows += [(name, time, *each) for each in seen]
        if declines:
            rows.append((name, float(times[-1]), "event//onset", None))
    return made(rows)
