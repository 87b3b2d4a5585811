"""Draws what a chart holds of a person's life: family, work, habits, homes, allergies, operations."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from dualalign.charts.chart import Allergy, Chart, PastOperation, Relative
from dualalign.passages.language import expand, parse

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from dualalign.packs.pack import Pack
    from dualalign.personas.persona import Persona

_LEFT_HANDED = 0.106  # Papadatou-Pastou 2020, Psychological Bulletin 146:481
_SCHOOLING = {
    "none": (0, 3),
    "primary": (4, 8),
    "secondary": (9, 12),
    "college": (13, 16),
    "postgraduate": (17, 20),
}
_HEIGHT = {
    "female": (160, 6),
    "male": (174, 7),
}  # NHANES 2015-18, adults of 60 and over: means 159.7 and 173.9 cm
_YEAR = 365.25


class LifeDrawer:
    """Draws charts without illnesses for one pack."""

    def __init__(self, pack: Pack) -> None:
        history = pack.history
        self._operations = [(each, [parse(line.say) for line in each.names]) for each in history.operations]
        self._allergies, self._allergy_draw = history.allergies, history.allergy_draw
        self._deaths = {
            relation: [(entry, [parse(line.say) for line in entry.cause]) for entry in entries]
            for relation, entries in history.causes_of_death.items()
        }
        self._illnesses = {
            relation: [(entry, [parse(line.say) for line in entry.say]) for entry in entries]
            for relation, entries in history.illnesses.items()
        }
        self._family_factor = pack.mentions.family_factor

    def draw(
        self, persona: Persona, no_driving_from: date | None, work_until: date, rng: random.Random
    ) -> Chart:
        """Draw one person's life.

        Args:
            persona: who the patient is.
            no_driving_from: day on which driving ended, from the trajectory.
            work_until: day on which work ended at the latest.
            rng: the patient's generator.
        """
        factors, birth = persona.factors, persona.birth_date.year
        index = persona.index_date
        low, high = _SCHOOLING.get(factors.get("education", ""), (9, 12))
        marital = factors.get("marital", "")
        married = None if marital in ("single", "") else birth + rng.randint(20, 29)
        widowed = None
        if marital == "widowed":
            earliest = max(birth + 52, index.year - 22)
            widowed = date(
                min(index.year - 1, rng.randint(earliest, max(earliest, index.year - 1))),
                rng.randint(1, 12),
                rng.randint(1, 28),
            )
        divorced = birth + rng.randint(32, 52) if marital == "divorced" else None
        smoking = factors.get("smoking", "never")
        mean, spread = _HEIGHT.get(persona.sex, (167, 9))
        return Chart(
            handed="left" if rng.random() < _LEFT_HANDED else "right",
            schooling_years=rng.randint(low, high),
            children=self._children(persona, rng),
            retired_year=self._retired(persona, work_until, rng),
            married_year=married,
            widowed=widowed,
            divorced_year=divorced,
            quit_year=min(index.year - 11, birth + rng.randint(30, 58)) if smoking == "former" else None,
            packs=""
            if smoking == "never"
            else rng.choice(("half a pack", "one pack", "one pack", "two packs")),
            moved=self._moved(persona, rng),
            aide_from=self._aide(persona, rng),
            no_driving_from=no_driving_from,
            height=round(rng.gauss(mean, spread)),
            allergies=self._drawn_allergies(rng),
            operations=(),
            relatives=self._relatives(persona, rng),
            lives_alone="lives_alone" in persona.tags,
        )

    def _retired(self, persona: Persona, work_until: date, rng: random.Random) -> int | None:
        """Return the year in which work ended; whoever has an occupation at the index date worked a few years longer."""
        age = rng.randint(58, 67)
        if persona.work == "homemaker":
            return None
        if "working" in persona.tags:
            age += 5
        return min(work_until.year, persona.birth_date.year + age)

    def _children(self, persona: Persona, rng: random.Random) -> tuple[tuple[str, str], ...]:
        known = [(i.relation, i.name) for i in persona.informants if i.relation in ("daughter", "son")]
        if "has_children" not in persona.tags:
            return tuple(known)
        more = max(0, rng.choices((1, 2, 3, 4, 5), (0.2, 0.38, 0.24, 0.12, 0.06))[0] - len(known))
        return tuple(known + [(rng.choice(("daughter", "son")), "") for _ in range(more)])

    def _moved(self, persona: Persona, rng: random.Random) -> date | None:
        if "facility" not in persona.tags:
            return None
        return persona.index_date - timedelta(days=int(_YEAR * (0.2 + 3.3 * rng.random())))

    def _aide(self, persona: Persona, rng: random.Random) -> date | None:
        if "facility" in persona.tags or not any(i.is_professional for i in persona.informants):
            return None
        longest = 9.5 if persona.factors.get("physical_disability") == "yes" else 4.5
        return persona.index_date - timedelta(days=int(_YEAR * (0.4 + (longest - 0.4) * rng.random())))

    def _drawn_allergies(self, rng: random.Random) -> tuple[Allergy, ...]:
        chances = self._allergy_draw
        if chances is None or not self._allergies:
            return ()
        left = list(self._allergies)
        found = []
        for chance in (chances.any, chances.second, chances.third):
            if rng.random() >= chance:
                break
            each = left.pop(_weighted([entry.share for entry in left], rng))
            left = [entry for entry in left if entry.allergy_class != each.allergy_class]
            found.append(Allergy(rng.choice(each.substance), each.allergy_class, rng.choice(each.reactions)))
        return tuple(found)

    def operations(
        self, persona: Persona, conditions: Mapping[str, date], rng: random.Random
    ) -> tuple[PastOperation, ...]:
        """Draw the operations that a patient had before the first visit, in order of the year.

        Args:
            persona: who the patient is.
            conditions: conditions of the patient and their onset.
            rng: the patient's generator.
        """
        birth, last = persona.birth_date.year, persona.index_date.year - 10
        found: dict[str, PastOperation] = {}
        for each, names in self._operations:
            hit, at, wording, side = (
                rng.random(),
                rng.random(),
                rng.choice(names),
                rng.choice(("left", "right")),
            )
            if hit >= each.share or (each.sex and each.sex != persona.sex):
                continue
            if each.because and each.because not in conditions:
                continue
            if not found.keys().isdisjoint(each.excludes) or (
                each.when and not persona.tags.issuperset(each.when.has)
            ):
                continue
            low, high = each.year_age
            year = birth + low + int((high - low) * at)
            if each.because:
                year = max(year, conditions[each.because].year)
            if each.year_from <= year < last:
                text = expand(wording, {}, rng.random)
                found[each.id] = PastOperation(
                    each.id, f"{side} {text}" if each.sides else text, year, tuple(each.labels)
                )
        return tuple(sorted(found.values(), key=lambda operation: operation.year))

    def _relatives(self, persona: Persona, rng: random.Random) -> tuple[Relative, ...]:
        birth = persona.birth_date.year
        relatives = [
            self._relative("mother", birth - rng.randint(19, 36), persona, rng),
            self._relative("father", birth - rng.randint(21, 40), persona, rng),
        ]
        for _ in range(rng.choices((0, 1, 2, 3, 4), (0.12, 0.28, 0.28, 0.2, 0.12))[0]):
            relatives.append(
                self._relative(rng.choice(("sister", "brother")), birth + rng.randint(-9, 9), persona, rng)
            )
        if persona.factors.get(self._family_factor) != "yes":
            return tuple(relatives)
        old = [
            place
            for place, each in enumerate(relatives)
            if (each.died or persona.index_date.year) - each.born >= 70
            and each.born + 70 < persona.index_date.year - 10
        ]
        if not old:
            relatives[0] = Relative("mother", relatives[0].born, relatives[0].born + rng.randint(78, 90), "")
            old = [0]
        place = rng.choice(old[:2])
        one = relatives[place]
        last = (one.died or persona.index_date.year - 10) - one.born
        age = max(66, min(last - 2, rng.randint(68, 82)))
        relatives[place] = Relative(
            one.relation, one.born, one.died, one.cause if one.died is None else "", True, age
        )
        return tuple(relatives)

    def _relative(self, relation: str, born: int, persona: Persona, rng: random.Random) -> Relative:
        entries = self._deaths.get(relation) or []
        until = persona.index_date.year
        if entries:
            shares = [entry.share for entry, _ in entries]
            entry, wordings = entries[_weighted(shares, rng)]
            low, high = entry.ages
            died = born + low + int((high - low) * rng.random())
            if died < until and died > born + 40:
                return Relative(relation, born, died, expand(rng.choice(wordings), {}, rng.random))
        if until - born > 97:
            return Relative(relation, born, born + rng.randint(80, 95), "")
        illness = ""
        sex = "female" if relation in ("mother", "sister") else "male"
        for entry, wordings in self._illnesses.get(relation) or self._illnesses.get("sibling") or ():
            if rng.random() < entry.share and entry.sex in (None, sex):
                illness = expand(rng.choice(wordings), {}, rng.random)
                break
        return Relative(relation, born, None, illness)


def _weighted(shares: Sequence[float], rng: random.Random) -> int:
    point = rng.random() * sum(shares)
    for place, share in enumerate(shares):
        point -= share
        if point < 0:
            return place
    return len(shares) - 1
