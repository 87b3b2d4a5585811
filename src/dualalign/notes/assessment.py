"""Assessment and plan: what was found is restated and weighed, and each problem is answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dualalign.notes.battery import add_profile, advice_of_tests
from dualalign.notes.material import DEFAULT
from dualalign.notes.note_scene import ASKED
from dualalign.notes.sentence import joined, mark, plain
from dualalign.notes.time_words import ago, month

if TYPE_CHECKING:
    from dualalign.charts.agenda import AgendaItem
    from dualalign.charts.chart import Event
    from dualalign.notes.note_scene import NoteScene
    from dualalign.packs.schema.symptoms import Thread

_BYGONE = re.compile(r"(?:history of|h/o|hx of|prior|old|s/p)\b", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[a-z0-9)]\.) (?=[A-Z])")
_MOST_DANGERS = 2
_DRINKS, _SMOKES = ("drink", "alcohol", "beer", "wine"), ("smok", "pack", "tobacco")
"""Words by which the social history speaks of drinking and of smoking."""
_SUMMED_UP, _MOST_QUIET = 0.75, 5
"""Share of notes of such types that name the illnesses left aside, and how many at most."""
_MEDICINES_REVIEWED = 0.5
"""Share of visits of such note types that comment on it."""
_RECENT = 45  # days for which a visit elsewhere is still answered
_SAME_WORDS = 0.5
"""Share of the words of the shorter of two lines from which on they say the same."""
_STAYS = ("admitted", "observed")
_RETURNS = (
    "follow up with primary",
    "pcp in",
    "primary care in",
    "recheck in",
    "return in",
    "with pcp",
    "see primary",
    "primary care follow",
    "pcp follow",
    "primary care this",
    "primary care within",
    "pcp within",
)
"""Words by which a plan already says when the patient is seen again."""


def add_assessment(note: NoteScene, assessment: str, plan: str) -> None:
    """Weigh each problem in focus and say what is done about it.

    Args:
        note: being written.
        assessment: section of the assessment.
        plan: section of the plan; the same where both stand together.
    """
    together = assessment == plan
    if note.habit.battery:
        add_profile(note, assessment)
    _name_syndrome(note, assessment)
    focus = note.agenda.focus
    numbered = note.clipped and len(focus) > 1
    number = 0
    for item in focus:
        lead = f"{number + 1}. " if numbered else ""
        said = _assess(note, item, assessment, lead)
        answered = _answer(note, item, plan, together, "" if said and together else lead, said)
        number += said or answered
    _sum_up(note, assessment, f"{number + 1}. " if numbered else "")
    _close(note, plan, numbered)


def _sum_up(note: NoteScene, section: str, lead: str) -> None:
    """Name the treated illnesses that the visit leaves aside, as one line."""
    quiet = [each for each in note.agenda.quiet if not _BYGONE.match(each.name)][:_MOST_QUIET]
    if not quiet or note.draw() > _SUMMED_UP:
        return
    note.values["list"] = joined([each.name for each in quiet])
    text = note.text(note.material.lists.get("quiet"))
    note.values.pop("list")
    if text:
        note.add(section, lead + text, breaks=True)


def _name_syndrome(note: NoteScene, section: str) -> None:
    """Say by which name the disease goes so far, where the visit deals with it."""
    regions = [
        note.material.book.threads[item.id]
        for item in note.agenda.focus
        if item.kind == "thread" and (item.assessed or item.seen or item.told)
    ]
    tested = {
        label
        for score in note.plan.scores
        if score.impaired
        for label in note.material.score_labels.get(score.instrument, ())
    }
    for name, labels in note.agenda.syndromes:
        concerned = any(thread.syndrome and set(labels) & set(_labels(note, thread)) for thread in regions)
        if concerned or tested & set(labels):
            note.values["name"] = name
            note.scene.status = _course_of_syndrome(note)
            text = note.text(note.material.lists.get("syndrome"))
            note.values.pop("name")
            note.add(section, text or name, labels, (), breaks=True)
            note.extra["syndrome_labels"] = set(labels)
            return


def _course_of_syndrome(note: NoteScene) -> str:
    """Return how the problems of the syndrome do, the worst of them; `stable` where none is told."""
    courses = {
        item.status
        for item in note.agenda.focus
        if item.thread is not None and note.material.book.threads[item.id].syndrome
    }
    return next((course for course in ("worse", "new", "stable", "better") if course in courses), "stable")


def _labels(note: NoteScene, thread: Thread) -> list[str]:
    terms = note.material.term_labels
    return [label for term in thread.terms for label in terms.get(term, ())]


def _answer_scores(note: NoteScene, section: str) -> None:
    """Answer an abnormal score that no problem in focus answers."""
    answered = {
        label
        for item in note.agenda.focus
        for label in note.labels_of([*item.told, *item.seen, *item.assessed])
    }
    answered.update(
        label for item in note.agenda.focus if item.condition for label in item.condition.spec.labels
    )
    answered.update(note.extra.get("syndrome_labels", ()))
    for score in note.plan.scores:
        if not score.impaired or (note.habit.battery and note.material.screens[score.instrument]):
            continue  # a battery of tests is what answers a screening score
        for label in note.material.score_labels.get(score.instrument, ()):
            if label not in answered or not note.material.screens[score.instrument]:
                note.values["name"] = score.name
                note.say(section, note.material.lists.get(f"screen_{label}"), breaks=True)
                note.values.pop("name")


def _assess(note: NoteScene, item: AgendaItem, section: str, lead: str) -> bool:
    book = note.material.book
    note.scene.status = item.status
    if item.kind == "complaint":
        return _assess_complaint(note, item, section, lead)
    if item.kind == "condition":
        return _assess_condition(note, item, section, lead)
    thread = item.thread
    if thread is None or not thread.assessed:
        return False
    note.set_problem(item)
    for place, said in enumerate(thread.assessed):
        text, labels = note.said_line(said)
        first, *others = _SENTENCES.split(plain(text))
        note.add(
            section,
            (lead if place == 0 else "") + (mark(first) if said.mention >= 0 else first),
            labels,
            [said.mention] if said.mention >= 0 else (),
            breaks=place == 0,
        )
        # What follows the problem weighs it and names no symptom.
        for other in others:
            note.add(section, other)
    if book.threads[item.id].syndrome:
        _weigh(note, book.threads[item.id], section)
    return True


def _weigh(note: NoteScene, thread: Thread, section: str) -> None:
    """Say once what speaks for the assessment: the course of scores, and function."""
    if "weighed" in note.extra:
        return
    note.extra["weighed"] = True
    lists = note.material.lists
    for score in note.plan.scores:
        before = note.agenda.last_scores.get(score.instrument)
        labels = note.material.score_labels.get(score.instrument, ())
        if before is None or not set(labels) & set(_labels(note, thread)):
            continue
        values = note.values
        values["name"], values["value"], values["before"] = score.name, f"{score.value:g}", f"{before[0]:g}"
        values["before_when"] = month(before[1], note.plan.date, note.draw)
        text = note.text(lists.get("evidence_score_same" if score.value == before[0] else "evidence_score"))
        for name in ("name", "value", "before", "before_when"):
            values.pop(name)
        if text:
            note.add(section, text, labels if score.impaired else ())
        break
    if note.draw() < 0.7:
        note.say(section, lists.get("evidence_function_kept"), deny=True)


def _assess_condition(note: NoteScene, item: AgendaItem, section: str, lead: str) -> bool:
    condition = item.condition
    assert condition is not None
    note.treated(item.id)
    if item.value:
        note.values["value"] = item.value
    line = (
        note.material.book.conditions[item.id]
        .assess["worse" if item.status == "worse" else "stable"]
        .draw(note.scene, note.said)
    )
    text = line.text(note.scene) if line is not None else condition.name
    note.values.pop("value", None)
    labels = condition.spec.labels if line is None else note.of_condition(line, condition.spec.labels)
    note.add(section, lead + text, labels, (), breaks=True)
    return True


def _assess_complaint(note: NoteScene, item: AgendaItem, section: str, lead: str) -> bool:
    pools = note.material.book.complaints[item.id]
    if item.side:
        note.values["side"] = item.side
    named = pools.names.draw(note.scene, note.said)
    note.values["name"] = "" if named is None else named.text(note.scene)
    line = pools.assess.draw(note.scene, note.said)
    text = line.text(note.scene) if line is not None else note.values["name"]
    note.values.pop("name", None)
    _ordered_before(note, text)
    labels = [] if line is None else [*line.labels, *line.also]
    if named is not None:
        labels += named.labels
    note.add(section, lead + text, labels, (), breaks=True)
    return True


# answers -----------------------------------------------------------------------------------------


def _answer(
    note: NoteScene, item: AgendaItem, section: str, together: bool, lead: str, assessed: bool
) -> bool:
    """Say what is done about a problem; return whether anything was said."""
    lines = _medicine_lines(note, item)
    book = note.material.book
    if item.kind == "complaint":
        lines += _complaint_plan(note, item)
    note.scene.status = item.status
    if item.kind == "condition":
        note.treated(item.id)
    for action in item.actions:
        text = note.text(book.actions[id(action)].say)
        if text:
            lines.append((text, ()))
    lines = [(text, own) for text, own in lines if not _ordered_before(note, text)]
    if not lines and item.kind == "thread" and assessed:
        watched = note.text(note.material.lists.get("watched"))
        lines = [(watched, ())] if watched and not _ordered_before(note, watched) else []
    if not lines:
        return False
    prefix = lead
    labels: tuple[str, ...] = ()
    if item.kind == "thread" and ((not together and note.draw() < 0.6) or not assessed):
        title, labels = _title(note, item)
        prefix = lead + title
    for place, (text, own) in enumerate(lines):
        first = place == 0
        note.add(
            section,
            (prefix + text) if first else text,
            (*own, *(labels if first else ())),
            (),
            breaks=(first and (not together or bool(lead))) or (note.style == "templated"),
        )
    return True


_STEM = re.compile(r"[a-z0-9]{3,}")
_LINKING = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "from",
        "that",
        "this",
        "her",
        "his",
        "their",
        "patient",
        "him",
        "visit",
        "next",
        "today",
        "will",
        "was",
        "has",
        "have",
        "not",
        "if",
        "follow",
        "continue",
        "return",
        "recheck",
        "check",
        "review",
        "discussed",
        "advised",
        "recommended",
        "refer",
        "referral",
        "ordered",
        "order",
        "given",
        "weeks",
        "months",
        "week",
        "month",
        "year",
        "daily",
        "home",
        "family",
        "doctor",
        "clinic",
        "primary",
        "care",
        "office",
    ]
)


def _alike(words: set[str], earlier: list[set[str]]) -> bool:
    """Return whether one of the earlier lines shares enough of the words of the shorter of the two."""
    return any(
        words & other and len(words & other) >= _SAME_WORDS * min(len(words), len(other)) for other in earlier
    )


def _ordered_before(note: NoteScene, text: str) -> bool:
    """Return whether the plan says the same already: most of the words that carry it stand in one earlier line."""
    stems = {word[:5] for word in _STEM.findall(text.lower()) if word not in _LINKING}
    earlier: list[set[str]] = note.extra.setdefault("ordered", [])
    if not stems:
        return False
    if _alike(stems, earlier):
        return True
    earlier.append(stems)
    return False


def _title(note: NoteScene, item: AgendaItem) -> tuple[str, tuple[str, ...]]:
    """Return a heading for a problem's answers, with the labels that it earns."""
    assert item.thread is not None
    names = note.material.book.presentations[item.thread.presentation].name
    text, labels = note.of_pool(item, names)
    return f"{text}: ", tuple(labels)


def _medicine_lines(note: NoteScene, item: AgendaItem) -> list[tuple[str, tuple[str, ...]]]:
    lines = []
    values = note.values
    for step in item.medicines:
        if step.action == "short":
            values["rx"] = f"{step.drug} {step.dose}"
            continue
        values["drug"], values["dose"] = step.drug, step.dose
        if step.old_dose:
            values["old_dose"] = step.old_dose
        if step.reason:
            values["reason"] = step.reason
        text = note.text(note.material.medicine.get(step.action))
        labels: tuple[str, ...] = ()
        if text and step.action in ("start", "change") and step.reason and step.reason in text:
            condition = note.material.book.conditions.get(step.indication)
            labels = tuple(condition.spec.labels) if condition is not None else ()
        for name in ("drug", "dose", "old_dose", "reason"):
            values.pop(name, None)
        if text:
            lines.append((text, labels))
    return lines


def add_disease_medicine(note: NoteScene, section: str) -> None:
    """Say what is done with the disease's own drug, where its prescriber writes."""
    for medicine in note.plan.medicines:
        values = note.values
        values["drug"], values["dose"] = medicine.drug, medicine.dose
        values["reason"] = medicine.purpose
        text = note.text(note.material.medicine.get(medicine.action))
        for name in ("drug", "dose", "old_dose", "reason"):
            values.pop(name, None)
        if text:
            note.add(section, text, breaks=note.style == "templated")


def _complaint_plan(note: NoteScene, item: AgendaItem) -> list[tuple[str, tuple[str, ...]]]:
    pools = note.material.book.complaints[item.id]
    lines: list[tuple[str, tuple[str, ...]]] = []
    for gate, pool in pools.plan:
        if gate is not None and not gate.opens(note.scene):
            continue
        line = pool.draw(note.scene, note.said)
        if line is not None:
            lines.append((line.text(note.scene), (*line.labels, *line.also)))
    note.values.pop("rx", None)
    return lines


def _order(note: NoteScene, section: str) -> None:
    """Order what is measured next: several blood tests in one line."""
    material, templated = note.material, note.style == "templated"
    blood = [material.panel_names[panel] for panel in note.agenda.ordered if panel in material.panel_names]
    texts = [
        note.text(material.ordered.get(panel))
        for panel in note.agenda.ordered
        if len(blood) < 2 or panel not in material.panel_names
    ]
    if len(blood) > 1:
        note.values["list"] = joined(blood)
        texts.insert(0, note.text(material.lists.get("labs_ordered")) or f"labs: {note.values['list']}")
        note.values.pop("list")
    for text in texts:
        if text and not _ordered_before(note, text):
            note.add(section, text, breaks=templated)


def _close(note: NoteScene, section: str, numbered: bool) -> None:
    material, templated = note.material, note.style == "templated"
    first = len(note.sections.get(section, ()))
    add_disease_medicine(note, section)
    _answer_scores(note, section)
    _answer_driving(note, section)
    asked = ASKED.search(note.told_in(*note.sections)) is not None
    for danger in note.dangers[:_MOST_DANGERS]:
        if danger == "suicide" and asked:
            continue
        text = note.text(material.danger.get(danger))
        if text and not _ordered_before(note, text):
            note.add(section, text, breaks=templated)
    _order(note, section)
    _answer_events(note, section)
    if note.agenda.reason == "annual":
        for _ in range(2 + int(note.draw() * 2)):
            note.say(section, material.health_maintenance, breaks=templated)
    if note.scene.informant and note.draw() < 0.15:
        note.say(section, material.discussed, breaks=templated)
    if note.habit.battery:
        for text in advice_of_tests(note, section):
            if not _ordered_before(note, text):
                note.add(section, text, breaks=templated)
    _return(note, section)
    added = note.sections.get(section, [])[first:]
    if numbered and added:
        added[0].breaks = True


def _answer_driving(note: NoteScene, section: str) -> None:
    """Say what follows for driving from an impaired score, unless the history told of a danger on the road."""
    impaired = [
        score.name for score in note.plan.scores if score.impaired and note.material.screens[score.instrument]
    ]
    drives = "drives" in note.agenda.tokens and "driving" not in note.dangers
    if impaired and drives and not note.habit.urgent:
        note.values["name"] = impaired[0]
        note.say(section, note.material.lists.get("driving_score"), breaks=note.style == "templated")
        note.values.pop("name")


def _answer_medicines(note: NoteScene, section: str) -> None:
    """Say what is thought of a medicine that is best avoided once thinking is impaired, where medicines are reviewed."""
    if not note.scene.stage or note.plan.note_type not in note.material.habits.reviews_medicines:
        return
    if note.draw() > _MEDICINES_REVIEWED:
        return
    changed = {step.drug for item in note.agenda.items for step in item.medicines}
    for drug, _, _ in note.agenda.medicines:
        if drug in note.material.best_avoided and drug not in changed:
            note.values["drug"] = drug
            note.say(section, note.material.lists.get("harmful_medicine"), breaks=note.style == "templated")
            note.values.pop("drug")
            return


def _answer_events(note: NoteScene, section: str) -> None:
    """Answer a recent visit elsewhere that the history told of, a result out of range, and smoking at an annual visit."""
    lists, templated = note.material.lists, note.style == "templated"
    if note.habit.urgent:
        return
    recent = [each for each in note.agenda.events if (note.plan.date - each.day).days < _RECENT]
    if recent and note.agenda.items and note.agenda.items[0].kind != "complaint":
        _answer_event(note, recent[0], section)
    said = note.told_in(section)
    for name in note.extra.get("abnormal", ()):
        words = note.material.panel_words.get(name, ())
        if not any(word in said for word in words):
            note.values["name"] = note.material.panel_names.get(name, name.replace("_", " "))
            note.say(section, lists.get("abnormal_result"), breaks=templated)
            note.values.pop("name")
            break
    _answer_medicines(note, section)
    social = note.told_in("social")
    if note.persona.factors.get("alcohol") == "heavy" and any(word in social for word in _DRINKS):
        note.say(section, lists.get("alcohol_advice"), breaks=templated)
    if (
        note.agenda.reason == "annual"
        and note.persona.factors.get("smoking") == "current"
        and any(word in social for word in _SMOKES)
    ):
        note.say(section, lists.get("smoking_advice"), breaks=templated)


def _answer_event(note: NoteScene, event: Event, section: str) -> None:
    """Weigh a recent illness by its name; of anything else say that its records were read."""
    book, lists, templated = note.material.book, note.material.lists, note.style == "templated"
    if event.id not in book.complaints:
        if event.kind == "admission":
            note.say(section, lists.get("event_reviewed"), breaks=templated)
        return
    values, side = note.values, note.values.get("side")
    if event.side:
        values["side"] = event.side
    named = book.complaints[event.id].names.draw(note.scene, note.said)
    if named is not None:
        values["name"] = named.text(note.scene)
        values["when"] = ago(event.day, note.plan.date, note.draw)
        text = note.text(lists.get("event_weighed"))
        values.pop("name")
        if text:
            note.add(section, text, (*named.labels, *named.also), breaks=templated)
    values.pop("side", None)
    if side is not None:
        values["side"] = side


def _return(note: NoteScene, section: str) -> None:
    material, templated = note.material, note.style == "templated"
    said = note.told_in(section)
    if any(item.complaint is not None and item.complaint.disposition in _STAYS for item in note.agenda.focus):
        return
    if note.habit.urgent and not any(
        words in said for words in ("return", "call for", "call 911", "come back")
    ):
        note.say(section, material.precautions, breaks=templated)
    if not any(words in said for words in _RETURNS):
        note.say(
            section,
            material.returns.get(note.plan.note_type) or material.returns.get(DEFAULT),
            breaks=templated,
        )
    if note.draw() < 0.15:
        note.say(section, material.closing, breaks=templated)
