"""Vital signs over a patient's visits: one course of weight, pressures that follow how well they are controlled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.charts.chart import Vitals

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from dualalign.charts.chart import Chart
    from dualalign.personas.persona import Persona

_BODY_MASS = (26.5, 3.2)  # NHANES 2015-16, 60 and over without obesity: mean about 26
_BODY_MASS_OBESE = (33.5, 2.8)
_LOSS_A_YEAR = 0.006  # share of weight lost a year from the last five years on; design choice


class VitalSigns:
    """One patient's levels.

    Args:
        persona: who the patient is.
        chart: gives the height.
        rng: the patient's generator.
    """

    def __init__(self, persona: Persona, chart: Chart, rng: random.Random) -> None:
        mean, spread = _BODY_MASS_OBESE if persona.factors.get("obesity") == "yes" else _BODY_MASS
        self._weight = rng.gauss(mean, spread) * (chart.height / 100) ** 2
        self._loses = persona.is_case and rng.random() < 0.55
        self._drift = rng.uniform(-0.004, 0.004)
        self._systolic = rng.gauss(126, 7)
        self._heart_rate = rng.gauss(72, 6)

    def at(
        self,
        years_before: float,
        pressure_control: float | None,
        slowed: bool,
        breathless: bool,
        changes: Mapping[str, float | tuple[float, float]],
        rng: random.Random,
    ) -> Vitals:
        """Return the vital signs of one visit.

        Args:
            years_before: years to the index date.
            pressure_control: how well hypertension is controlled, 0 to 1; None without it.
            slowed: whether a drug slows the heart.
            breathless: whether a lung disease lowers saturation.
            changes: what the visit's complaint does to them.
            rng: the patient's generator.
        """
        systolic = self._systolic + rng.gauss(0, 5)
        if pressure_control is not None:
            systolic += 24 * (0.7 - pressure_control)
        rate = self._heart_rate - (9 if slowed else 0) + rng.gauss(0, 4)
        weight = self._weight * (1 + self._drift * (10 - years_before))
        if self._loses and years_before < 5:
            weight *= 1 - _LOSS_A_YEAR * (5 - years_before) * 2
        saturation = (94 if breathless else 97) + rng.choice((-1, 0, 0, 1))
        temperature = 36.6 + rng.gauss(0, 0.2)
        systolic, rate = min(max(systolic, 102), 172), min(max(rate, 54), 96)
        systolic = _change(systolic, changes.get("systolic"), rng)
        rate = _change(rate, changes.get("heart_rate"), rng)
        temperature = _change(temperature, changes.get("temperature"), rng)
        breaths = _change(15 + rng.choice((-1, 0, 1, 1)), changes.get("respiratory_rate"), rng)
        saturation = int(_change(saturation, changes.get("saturation"), rng))
        diastolic = 0.42 * systolic + 21 + rng.gauss(0, 4)
        return Vitals(
            systolic=round(min(max(systolic, 88), 214)),
            diastolic=round(min(max(diastolic, 48), 116)),
            heart_rate=round(min(max(rate, 46), 148)),
            respiratory_rate=round(breaths),
            temperature=round(temperature, 1),
            saturation=min(saturation, 100),
            weight=round(weight + rng.gauss(0, 0.4), 1),
        )


def _change(value: float, change: float | tuple[float, float] | None, rng: random.Random) -> float:
    if change is None:
        return value
    if isinstance(change, tuple):
        return rng.uniform(*change)
    return value + change
