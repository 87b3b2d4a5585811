"""What the examiner sees and measures: vital signs, findings, scores and results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dualalign.notes.material import DEFAULT
from dualalign.notes.sentence import clipped, joined, mark
from dualalign.notes.time_words import month, short_date
from dualalign.passages.language import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dualalign.charts.agenda import AgendaItem, Result
    from dualalign.charts.mention_planner import Said
    from dualalign.notes.note_scene import NoteScene
    from dualalign.trajectories.plan import Score

_REGIONS = {
    "general": "general",
    "heent": "heent",
    "neurological": "coordination",
    "musculoskeletal": "musculoskeletal",
    "mental_status": "mental_status_normal",
    "function": "general",
}
"""Region of a thread -> system beside whose line its findings stand."""


def add_vitals(note: NoteScene, section: str) -> None:
    """Write the vital signs of the chart."""
    vitals = note.agenda.vitals
    pool = note.material.vitals.get(note.plan.note_type) or note.material.vitals.get("default")
    if vitals is None or pool is None:
        return
    values = note.values
    values["bp"] = f"{vitals.systolic}/{vitals.diastolic}"
    values["hr"] = str(vitals.heart_rate)
    values["rr"] = str(vitals.respiratory_rate)
    values["temp"] = (
        f"{vitals.temperature:.1f} C" if note.chart.metric else f"{vitals.temperature * 9 / 5 + 32:.1f}"
    )
    values["sat"] = f"{vitals.saturation}%"
    values["weight"] = note.chart.weight_text(vitals.weight)
    values["height"] = f"{note.chart.height} cm"
    values["bmi"] = f"{vitals.weight / (note.chart.height / 100) ** 2:.1f}"
    note.say(section, pool)


def add_examination(
    note: NoteScene,
    section: str,
    share: float,
    mental_section: str,
    function_section: str,
    test_section: str,
) -> None:
    """Write the examination in the order of the note type: findings where they belong, normal lines elsewhere.

    Args:
        note: being written.
        section: where it stands.
        share: how much of the routine is written, 0 to 1.
        mental_section: where mental findings stand.
        function_section: where it stands what the patient is seen to need help with.
        test_section: where the findings of a battery of tests stand.
    """
    material, agenda, plan = note.material, note.agenda, note.plan
    found: list[tuple[AgendaItem, Said]] = []
    seen: dict[str, list[int]] = {}
    mental: set[int] = set()
    function: list[int] = []
    tested: list[int] = []
    order = material.orders.get(plan.note_type) or material.orders.get(DEFAULT) or []
    systems = {system for system, _ in order}
    for item in agenda.items:
        for said in item.thread.seen if item.thread is not None else ():
            place = len(found)
            found.append((item, said))
            pools = material.book.threads.get(item.id)
            region = pools.region if pools is not None else "general"
            system = _REGIONS.get(region, "general")
            if pools is not None and pools.part in systems:
                system = pools.part
            if region == "function":
                function.append(place)
                continue
            if (
                note.habit.battery
                and item.id in material.book.threads
                and material.book.threads[item.id].syndrome
            ):
                tested.append(place)
                continue
            seen.setdefault(system if system in systems else "", []).append(place)
            if region == "mental_status":
                mental.add(place)
    ahead = " ".join(
        part for _, said in found for part in text_of(material.book.lines[said.line].parts)
    ).lower()
    complaint = next((item for item in agenda.items if item.kind == "complaint" and item.focus), None)
    for place in function:
        _add_finding(note, *found[place], function_section)
    for place in tested:
        _add_finding(note, *found[place], test_section)
    absent = list(agenda.absent)
    examined = complaint is None
    if complaint is not None and order and order[0][0] not in ("general", "home"):
        _add_complaint_exam(note, complaint.id, section)
        examined = True
    for system, chance in order:
        here = seen.pop(system, [])
        target = mental_section if system in ("mental_status_normal", *_MENTAL) else section
        for place in here:
            _add_finding(note, *found[place], mental_section if place in mental else section)
        if complaint is not None and not examined and system not in ("general", "home"):
            _add_complaint_exam(note, complaint.id, section)
            examined = True
        words = material.system_words.get(system, ())
        if words and (_covers(note, target, words) or any(word in ahead for word in words)):
            continue
        if here and system not in ("general", "heent"):
            continue
        if note.draw() < chance * share or (system == "general" and not here):
            note.say(target, material.systems.get(system), breaks=note.style == "templated", deny=True)
    if complaint is not None and not examined:
        _add_complaint_exam(note, complaint.id, section)
    for item in agenda.items:
        if item.kind == "condition" and item.focus and note.draw() < 0.6:
            _add_condition_exam(note, item.id, section)
    for places in seen.values():
        for place in places:
            _add_finding(note, *found[place], mental_section if place in mental else section)
    while absent:
        here, absent = absent[:3], absent[3:]
        _add_absent(note, here, section)


_MENTAL = (
    "appearance",
    "behavior",
    "speech",
    "mood",
    "affect",
    "thought_process",
    "thought_content",
    "perception",
    "cognition_brief",
    "insight_judgment",
)


def _add_condition_exam(note: NoteScene, condition: str, section: str) -> None:
    """Write a finding that goes with a condition, unless its organ is examined already."""
    line = note.material.book.conditions[condition].exam.draw(note.scene, note.said, note.known)
    if line is None:
        return
    text = line.text(note.scene).lower()
    for words in note.material.system_words.values():
        if any(word in text for word in words) and _covers(note, section, words):
            return
    note.put(section, line, breaks=note.style == "templated")


def _covers(note: NoteScene, section: str, words: tuple[str, ...]) -> bool:
    """Return whether the examination speaks of a system already."""
    said = note.told_in(section)
    return any(word in said for word in words)


def _add_complaint_exam(note: NoteScene, complaint: str, section: str) -> None:
    passages = note.material.book.complaints[complaint].exam
    for line in passages[int(note.draw() * len(passages))].lines:
        if line.fits(note.scene):
            note.put(section, line, breaks=note.style == "templated")


def _add_finding(note: NoteScene, item: AgendaItem, said: Said, section: str) -> None:
    note.set_problem(item)
    text, labels = note.said_line(said)
    if note.clipped and said.mention >= 0 and text[1:].startswith(note.values["he"] + " "):
        text = mark(clipped(text[1:-1]))
    note.add(
        section, text, labels, [said.mention] if said.mention >= 0 else (), breaks=note.style == "templated"
    )


def _add_absent(note: NoteScene, places: list[int], section: str) -> None:
    items = [note.denial(place) or mark(note.plan.mentions[place].term.replace("_", " ")) for place in places]
    lead = (
        ("no ", "no evidence of ", "no ", "without ")[int(note.draw() * 4)]
        if note.clipped
        else ("no ", "no evidence of ", "no ", "no evidence of ")[int(note.draw() * 4)]
    )
    note.add(section, f"{lead}{joined(items, 'or')}", (), places, breaks=note.style == "templated")


# scores ------------------------------------------------------------------------------------------


def add_scores(note: NoteScene, section: str) -> None:
    """Write the tests of the visit, each with the last result where there is one."""
    for score in note.plan.scores:
        add_score(note, score, section)


def add_score(note: NoteScene, score: Score, section: str) -> None:
    """Write one test of the visit, with the last result where there is one."""
    values, material = note.values, note.material
    values["name"], values["value"], values["maximum"] = score.name, f"{score.value:g}", f"{score.maximum:g}"
    values["reading"] = score.reading or "above the cutoff"
    before = note.agenda.last_scores.get(score.instrument)
    kind = "impaired" if score.impaired else "normal"
    if before is not None:
        values["before"] = f"{before[0]:g}"
        values["before_when"] = month(before[1], note.plan.date, note.draw)
        kind += "_before"
    lost = int(score.maximum - score.value)
    domains = material.lost_on[score.instrument]
    if domains and lost > 0:
        values["lost"] = _points_lost(lost, domains, note)
    else:
        values.pop("lost", None)
    labels = material.score_labels.get(score.instrument, ()) if score.impaired else ()
    line = None
    pool = material.scores.get(kind)
    if pool is not None:
        line = pool.draw(note.scene, note.said)
    text = line.text(note.scene) if line is not None else f"{score.name} {score.value:g}/{score.maximum:g}"
    for name in ("before", "before_when", "lost", "name", "value", "maximum", "reading"):
        values.pop(name, None)
    note.add(section, text, labels, breaks=note.style == "templated")


_WORDS = ("no points", "one point", "two points", "three points", "four points", "five points", "six points")


def _points_lost(lost: int, tasks: Mapping[str, int], note: NoteScene) -> str:
    """Say on which tasks the points were lost; all points are accounted for, or only the tasks are named.

    Recall goes first, as in GERAS (n 1,495).
    """
    names = list(tasks)
    first, others = names[0], names[1:]
    taken = {first: min(lost, tasks[first], max(1, round(lost * (0.4 + 0.4 * note.draw()))))}
    left = lost - taken[first]
    while left and others and len(taken) < 4:
        task = others.pop(int(note.draw() * min(3, len(others))))
        taken[task] = min(left, tasks[task], 1 + int(note.draw() * 3))
        left -= taken[task]
    if left or len(taken) > 3:
        return f"points mainly on {joined(list(taken)[:3])}"
    parts = [f"{_WORDS[min(points, 6)]} on {task}" for task, points in taken.items()]
    return joined([parts[0], *(part.replace(" points", "").replace(" point", "") for part in parts[1:])])


# results -----------------------------------------------------------------------------------------


def add_results(note: NoteScene, section: str) -> None:
    """Write results that arrived since, and in the emergency department those of the day."""
    for result in note.agenda.results:
        _add_result(note, result, section)
    complaint = next((item for item in note.agenda.items if item.kind == "complaint" and item.focus), None)
    if complaint is not None:
        _add_workup(note, complaint.id, section)


def _add_workup(note: NoteScene, complaint: str, section: str) -> None:
    """Write what was tested for a complaint; nothing is resulted twice."""
    pool = note.material.book.complaints[complaint].workup
    told = {
        word
        for result in note.agenda.results
        if result.day == note.plan.date
        for word in note.material.panel_words.get(result.panel, ())
    }
    for _ in range(3 if note.habit.urgent else 1):
        line = pool.draw(note.scene, note.said)
        if line is None:
            return
        text = line.text(note.scene)
        words = {word for word in _WORD.findall(text.lower()) if len(word) > 2 and word not in _COMMON}
        if words & told:
            continue
        told |= words
        note.add(section, text, (*line.labels, *line.also))


_WORD = re.compile(r"[a-z]+")
_COMMON = frozenset(
    [
        "and",
        "the",
        "with",
        "without",
        "for",
        "not",
        "today",
        "normal",
        "negative",
        "positive",
        "left",
        "right",
        "from",
        "prior",
        "change",
    ]
)


def _add_result(note: NoteScene, result: Result, section: str) -> None:
    values, material = note.values, note.material
    values["date"] = (
        "today"
        if result.day == note.plan.date
        else short_date(result.day, note.draw)
        if note.clipped
        else month(result.day, note.plan.date, note.draw)
    )
    if result.panel in material.labs:
        normal, abnormal = material.labs[result.panel]
        names = {name: _written(note, name, value) for name, value in result.values.items()}
        values.update(names)
        out_of_range = any(_abnormal(note, name, value) for name, value in result.values.items())
        known = {each for condition in note.agenda.conditions for each in condition.spec.shifts}
        if out_of_range and known.isdisjoint(result.values):
            note.extra.setdefault("abnormal", []).append(result.panel)
        pool = abnormal if abnormal and out_of_range else normal
        note.say(section, pool)
        for name in names:
            values.pop(name, None)
    elif result.panel in material.imaging:
        note.say(section, material.imaging[result.panel].get(_level(result, note)))
    elif result.panel in material.biomarkers:
        values.update({name: _written(note, name, value) for name, value in result.values.items()})
        note.say(section, material.biomarkers[result.panel])
        for name in result.values:
            values.pop(name, None)
    values.pop("date", None)


def _written(note: NoteScene, name: str, value: float) -> str:
    reported = note.material.reported.get(name)
    return f"{value:.{0 if reported is None else reported.decimals}f}"


def _abnormal(note: NoteScene, name: str, value: float) -> bool:
    reported = note.material.reported.get(name)
    if reported is None:
        return False
    low, high = reported.normal_of.get(note.persona.sex, reported.normal)
    return (low is not None and value < low) or (high is not None and value > high)


def _level(result: Result, note: NoteScene) -> str:
    """Return the level of loss that a scan's volume and the severity amount to; empty if the pack names none."""
    levels = note.material.imaging_levels.get(result.panel)
    if levels is None:
        return ""
    loss = note.plan.severity
    volume = result.values.get(levels.measurement)
    if volume is not None:
        share = (levels.normal - volume) / (levels.normal - levels.worst)
        loss = 0.5 * loss + 0.5 * min(1.0, max(0.0, share))
    names = list(levels.below)
    return next((name for name in names if loss < levels.below[name]), names[-1])
