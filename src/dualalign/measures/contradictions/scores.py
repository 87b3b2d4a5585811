"""Scores against the stage, the score's own history, and the text against the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dualalign.measures.contradictions.contradiction import Contradiction

if TYPE_CHECKING:
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.instruments import Instrument
    from dualalign.reading.sentence_reader import Reading


class ScoreCheck:
    """Finds scores that cannot be.

    Read from the visits table and from the text, in which a test may be named with its score. A score may leave the
    stage's band by the pack's largest measurement error and a rounding; two scores of a test that only gets worse
    may differ by twice that, and by no more.

    Args:
        pack: supplies bands, noise and the largest error (stages.yaml and instruments.yaml).
    """

    def __init__(self, pack: Pack) -> None:
        self._instruments: dict[str, Instrument] = {each.id: each for each in pack.instruments.instruments}
        limit = pack.stages.course.noise_limit
        self._noise = {each.id: limit * each.noise_sd + each.step / 2 for each in self._instruments.values()}
        self._bands: dict[str, dict[str, tuple[float, float]]] = {
            stage.id: dict(stage.scores) for stage in pack.stages.stages
        }
        course = pack.stages.course
        self._progressive = {course.anchor, *course.derived}

    def check(self, patient: Patient, readings: list[list[Reading]]) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        worst: dict[str, tuple[float, str]] = {}
        for visit, said in zip(patient.visits, readings, strict=True):
            table = {row["instrument"]: float(row["value"]) for row in visit.scores}
            found = [(name, value, f"scores: {name} {value:g}") for name, value in table.items()]
            for sentence, reading in zip(visit.sentences, said, strict=True):
                for name, value in reading.scores:
                    if name in table and abs(table[name] - value) < 1e-9:
                        continue
                    given = f"the visit's is {table[name]:g}" if name in table else "the visit has none"
                    yield self._found(
                        "score_disagrees", patient, visit, sentence, f"{name} {value:g} where {given}"
                    )
                    found.append((name, value, sentence))
            for name, value, where in found:
                yield from self._off_stage(patient, visit, name, value, where)
                yield from self._rise(patient, visit, name, value, where, worst)
            for name, value, _ in found:
                self._remember(name, value, visit, worst)

    def _off_stage(
        self, patient: Patient, visit: Visit, name: str, value: float, where: str
    ) -> Iterator[Contradiction]:
        band = self._bands.get(visit.stage, {}).get(name)
        if band is None:
            return
        low, high = band[0] - self._noise[name], band[1] + self._noise[name]
        if not low - 1e-9 <= value <= high + 1e-9:
            reason = f"{name} {value:g} in stage {visit.stage}, whose scores lie between {low:g} and {high:g}"
            yield self._found("score_off_stage", patient, visit, where, reason)

    def _rise(
        self,
        patient: Patient,
        visit: Visit,
        name: str,
        value: float,
        where: str,
        worst: dict[str, tuple[float, str]],
    ) -> Iterator[Contradiction]:
        if name not in self._progressive or name not in worst:
            return
        before, note_id = worst[name]
        better = (value - before) if self._instruments[name].better == "high" else (before - value)
        if better > 2 * self._noise[name] + 1e-9:
            reason = f"{name} {value:g} after {before:g} in {note_id}: better by more than {2 * self._noise[name]:g}"
            yield self._found("score_rise", patient, visit, where, reason)

    def _remember(self, name: str, value: float, visit: Visit, worst: dict[str, tuple[float, str]]) -> None:
        """Keep the worst score so far, beside which an improvement is greatest."""
        if name in worst:
            before = worst[name][0]
            worse = value < before if self._instruments[name].better == "high" else value > before
            if not worse:
                return
        worst[name] = (value, visit.note_id)

    @staticmethod
    def _found(kind: str, patient: Patient, visit: Visit, where: str, reason: str) -> Contradiction:
        return Contradiction(kind, patient.patient_id, visit.note_id, where, reason)
