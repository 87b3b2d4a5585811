"""The standing parts of a note: past illness, medicines, allergies, social and family history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dualalign.notes.sentence import joined
from dualalign.notes.time_words import number_word

if TYPE_CHECKING:
    from dualalign.charts.chart import Chart, Relative
    from dualalign.notes.note_scene import NoteScene

_OF_TWICE = re.compile(r"\b[Hh]istory of (?:h/o|history of) ")
_NAMES_ALONE, _BRANDS = 0.12, 0.15
"""Shares of clinics that list medicines without doses, and by brand names."""
_LONGEST_DATED = 15  # years back to which a problem list gives the year
Line = tuple[str, tuple[str, ...]]
"""A sentence of a standing part and its labels."""


class RecordLists:
    """Writes the standing parts of one patient's notes; a clinic copies its own wording forward until a fact changes."""

    def __init__(self) -> None:
        self._habits: dict[tuple[str, str, str], float] = {}
        self._family_told = False
        self._kept: dict[tuple[str, str, str], tuple[object, list[Line]]] = {}

    def _copied(self, note: NoteScene, part: str, facts: object) -> list[Line] | None:
        key = (note.plan.note_type, note.style, part)
        kept = self._kept.get(key)
        if kept is not None and kept[0] == facts:
            return kept[1]
        return None

    def _keep(self, note: NoteScene, part: str, facts: object, lines: list[Line]) -> list[Line]:
        self._kept[(note.plan.note_type, note.style, part)] = (facts, lines)
        return lines

    def add_past(self, note: NoteScene, section: str) -> None:
        """List illnesses and operations."""
        agenda, chart = note.agenda, note.chart
        facts = (
            tuple(each.id for each in agenda.conditions),
            tuple(item.id for item in agenda.items if item.kind == "condition")
            if len(agenda.conditions) > note.habit.listed
            else (),
            note.plan.facts,
        )
        lines = self._copied(note, "past", facts)
        if lines is None:
            named = self._problems(note)
            lines = []
            if note.style == "templated":
                lines += [(name, labels) for name, labels in named]
            elif named:
                # A list that mixes labelled illnesses with others is one sentence; labels are those of all it names.
                cut = len(named) if len(named) < 6 or note.draw() < 0.5 else 3 + int(note.draw() * 3)
                for part, kind in ((named[:cut], "past"), (named[cut:], "past_also")):
                    if part:
                        every = [label for _, labels in part for label in labels]
                        lines.append(_listed(note, kind, [name for name, _ in part], every))
            shown = chart.operations[:4]
            if shown and note.draw() < 0.7:
                texts = [f"{each.text} {each.year}" if note.draw() < 0.7 else each.text for each in shown]
                lines.append(
                    _listed(note, "operations", texts, [label for each in shown for label in each.labels])
                )
            self._keep(note, "past", facts, lines)
        for text, labels in lines:
            note.add(section, text, labels, breaks=note.style == "templated")

    def _problems(self, note: NoteScene) -> list[tuple[str, tuple[str, ...]]]:
        """Return illnesses and syndromes as this clinic lists them: its own names and order, and years or none."""
        agenda = note.agenda
        habit = self._habit(note, "years")
        treated = {indication for _, _, indication in agenda.medicines}
        today = {item.id for item in agenda.items if item.kind == "condition"}
        ranked = sorted(
            agenda.conditions,
            key=lambda each: (
                each.id not in today,
                each.id not in treated,
                each.spec.monitor == "none",
                each.onset,
            ),
        )
        most = max(note.habit.listed, sum(each.id in today or each.id in treated for each in ranked))
        ranked = ranked[:most]
        found: list[tuple[float, str, tuple[str, ...]]] = []
        for each in ranked:
            place, named = self._habit(note, f"order {each.id}"), self._habit(note, f"name {each.id}")
            names = each.spec.names
            name = each.name if named < 0.5 else names[int((named - 0.5) * 2 * len(names))]
            dated = (
                "," not in name
                and note.plan.date.year - each.onset.year < _LONGEST_DATED
                and self._habit(note, f"dated {each.id}") < 0.6
            )
            if habit < 0.2 and dated:
                name = f"{name} ({each.onset.year})"
            elif habit < 0.4 and dated:
                name = f"{name} since {each.onset.year}"
            # What is followed by numbers or treated stands first, as clinicians list it.
            minor = each.spec.monitor == "none" and each.id not in treated
            found.append((place + minor, name, tuple(each.spec.labels)))
        for name, labels in agenda.syndromes:
            found.append((self._habit(note, "order syndrome"), name, labels))
        return [(name, labels) for _, name, labels in sorted(found)]

    def _habit(self, note: NoteScene, what: str) -> float:
        """Return a number from 0 to 1 that stays the same over this clinic's notes of the patient."""
        return self._habits.setdefault((note.plan.note_type, note.style, what), note.draw())

    def add_medicines(self, note: NoteScene, section: str) -> None:
        """List the medicines of the day."""
        habit = self._habit(note, "medicines")
        listed = [_medicine(note, drug, dose, habit) for drug, dose, _ in note.agenda.medicines]
        if not listed:
            note.say(section, note.material.lists.get("no_medicines"))
            return
        if note.style == "templated" and len(listed) < 14:
            for text in listed:
                note.add(section, text, breaks=True, period=False)
            return
        text, labels = _listed(note, "medicines", listed, [])
        note.add(section, text, labels)

    def add_allergies(self, note: NoteScene, section: str) -> None:
        """List allergies with their reactions."""
        allergies = note.chart.allergies
        if not allergies:
            note.say(section, note.material.no_allergies)
            return
        named = [f"{each.substance} ({each.reaction})" for each in allergies]
        text, labels = _listed(note, "allergies", named, [])
        note.add(section, text, labels)

    def add_social(self, note: NoteScene, section: str) -> None:
        """Say work, family, home and habits."""
        facts = (
            note.agenda.lives,
            "working" in note.agenda.tokens,
            note.agenda.tokens & {"home_aide", "widowed", "married", "drives", "no_driving"},
        )
        lines = self._copied(note, "social", facts)
        if lines is None:
            lines = self._keep(note, "social", facts, self._social_lines(note))
        for text, labels in lines:
            note.add(section, text, labels, breaks=note.style == "templated")

    def _social_lines(self, note: NoteScene) -> list[Line]:
        chart, tokens, factors, draw = note.chart, note.agenda.tokens, note.persona.factors, note.draw
        values = note.values
        values["children"] = _children(chart)
        values["child"] = next((relation for relation, _ in chart.children), "daughter")
        values["years"] = str(chart.schooling_years)
        values["packs"] = chart.packs or "half a pack"
        for name, year in (
            ("retired_year", chart.retired_year),
            ("quit_year", chart.quit_year),
            ("married_year", chart.married_year),
            ("widowed_year", chart.widowed.year if chart.widowed else None),
            ("divorced_year", chart.divorced_year),
        ):
            if year is not None and year <= note.plan.date.year:
                values[name] = str(year)
        social = note.material.social
        work = "homemaker" if "homemaker" in tokens else "working" if "working" in tokens else "retired"
        care = "nursing_home" if chart.height % 2 else "assisted_living"
        living = {
            "alone": "alone",
            "spouse": "spouse",
            "family": "child",
            "facility": care,
            "shelter": "shelter",
        }
        wanted = [
            ("occupation", work),
            ("marital", _marital(tokens)),
            ("living", living.get(note.agenda.lives, "")),
            ("living", "with_aide" if "home_aide" in tokens else ""),
            ("tobacco", factors.get("smoking", "never")),
            ("alcohol", factors.get("alcohol", "none")),
            ("schooling", factors.get("education", "")),
            ("driving", "drives" if "drives" in tokens else "no_longer" if "no_driving" in tokens else ""),
        ]
        lines: list[Line] = []
        for kind, level in wanted:
            if draw() < 0.25 and kind not in ("living", "tobacco"):
                continue
            pool = social.get(kind, {}).get(level)
            line = None if pool is None else pool.draw(note.scene, note.said, note.known)
            if line is not None:
                lines.append((line.text(note.scene), (*line.labels, *line.also)))
        return lines

    def add_family(self, note: NoteScene, section: str) -> None:
        """Tell of relatives; what the plan says of them is said of those who had the disease."""
        agenda, plan, chart = note.agenda, note.plan, note.chart
        affected = [
            each
            for each in chart.relatives
            if each.affected and each.born + each.affected_age <= plan.date.year
        ]
        for place in agenda.family:
            one = affected[int(note.draw() * len(affected))] if affected else chart.relatives[0]
            noun = note.noun(place)
            age = f" in {'her' if one.relation in ('mother', 'sister') else 'his'} {_decade(one.affected_age or 75)}"
            values = note.values
            values["relative"], values["illness"], values["age_then"] = one.relation, noun, age
            line = _line(note, "relative_affected")
            text = line if line else f"{one.relation} had {noun}{age}"
            note.add(section, text, (), [place], breaks=note.style == "templated")
        self._family_told = self._family_told or bool(agenda.family)
        facts = (
            self._family_told,
            len(affected),
            tuple(
                (each.relation, each.born)
                for each in chart.relatives
                if (each.died or 9999) <= plan.date.year
            ),
        )
        lines = self._copied(note, "family", facts)
        if lines is None:
            lines = self._keep(note, "family", facts, self._family_lines(note, affected))
        for text, labels in lines:
            note.add(section, text, labels, breaks=note.style == "templated")

    def _family_lines(self, note: NoteScene, affected: list[Relative]) -> list[Line]:
        chart, plan = note.chart, note.plan
        lines: list[Line] = []
        for each in chart.relatives[:2]:
            if each.died is None or each.died > plan.date.year or not each.cause:
                continue
            note.values["relative"], note.values["cause"] = each.relation, each.cause
            note.values["age_then"] = str(each.died - each.born)
            text = _line(note, "relative_died")
            lines.append((text or f"{each.relation} died at {each.died - each.born} of {each.cause}", ()))
        living = [
            each
            for each in chart.relatives[2:]
            if each.cause and (each.died is None or each.died > plan.date.year)
        ]
        for each in living[:1]:
            note.values["relative"], note.values["cause"] = each.relation, each.cause
            text = _line(note, "relative_ill")
            lines.append((text or f"{each.relation} with {each.cause}", ()))
        if not affected and not self._family_told:
            text = _line(note, "family_without_disease")
            if text:
                lines.append((text, ()))
        return lines or [(_line(note, "family_unknown") or "family history noncontributory", ())]


def _medicine(note: NoteScene, drug: str, dose: str, habit: float) -> str:
    """Return a medicine as this clinic lists it: with its dose, by its brand name, or by its name alone."""
    if habit < _NAMES_ALONE:
        return drug
    if habit > 1 - _BRANDS:
        drug = note.material.brands.get(drug, drug)
    return f"{drug} {dose}"


def _line(note: NoteScene, kind: str) -> str:
    return note.text(note.material.lists.get(kind))


def _listed(note: NoteScene, kind: str, items: list[str], labels: list[str]) -> Line:
    note.values["list"] = ", ".join(items) if note.clipped or note.draw() < 0.4 else joined(items)
    text = _line(note, kind) or note.values["list"]
    note.values.pop("list")
    return _OF_TWICE.sub("history of ", text), tuple(labels)


def _decade(age: int) -> str:
    within = age % 10
    part = "early" if within < 4 else "mid" if within < 7 else "late"
    return f"{part} {age // 10 * 10}s" if part != "mid" else f"mid-{age // 10 * 10}s"


def _children(chart: Chart) -> str:
    sons = sum(relation == "son" for relation, _ in chart.children)
    daughters = len(chart.children) - sons
    parts = []
    for count, one in ((daughters, "daughter"), (sons, "son")):
        if count:
            parts.append(f"{'a' if count == 1 else number_word(count)} {one}{'s' if count > 1 else ''}")
    return " and ".join(parts) or "no children"


def _marital(tokens: frozenset[str]) -> str:
    return next((each for each in ("married", "widowed", "divorced", "single") if each in tokens), "single")
