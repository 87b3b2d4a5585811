"""The history: why the patient comes, what is told of each problem, what happened since, what is denied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dualalign.notes.material import DEFAULT
from dualalign.notes.sentence import (
    CLOSE,
    OPEN,
    clipped,
    joined,
    mark,
    plain,
    shortened,
    with_also,
)
from dualalign.notes.time_words import ago, month, number_word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dualalign.charts.agenda import AgendaItem
    from dualalign.notes.note_scene import NoteScene

_HEADED = 0.6  # share of further problems in a list that stand under their name
_ALSO = 0.3  # share of further accounts that open with "also"
_NEW_PARAGRAPH = 0.4
_OTHERWISE_NEGATIVE = 0.4  # share of notes without a denial that say the rest of the review is negative
_ROUTINE = 0.7  # share of notes that deny a few items nobody planned
_TOGETHER = 5  # denials in one sentence
_ACTIVITIES = 3  # activities that a statement of independence names at least
_BASELINE = ("Baseline", "At baseline", "Baseline function")
_AT_BASELINE = ("at baseline {clause}", "{clause} at baseline", "at {his} usual baseline {clause}")


_DOUBLED = re.compile(
    r"\b((?:re-?)?evaluation|follow-up|f/u|assessment|reassessment|recheck|testing|visit) (of|for|because of) "
    r"(?:the )?(?:re-?evaluation|evaluation|follow-up|f/u|assessment|testing|recheck|visit)(?: of| for)? "
)
"""A reason that begins with the word that the opening used already."""


def add_opening(note: NoteScene, section: str) -> None:
    """Say who the patient is and why the visit takes place."""
    openings = note.material.openings.get(note.plan.note_type) or note.material.openings.get(DEFAULT) or {}
    values = note.values
    values["reason"] = reason_for(note)
    values["problems"] = _problems(note)
    pool = (
        openings.get(note.agenda.reason) or openings.get("follow_up") or next(iter(openings.values()), None)
    )
    line = None if pool is None else pool.draw(note.scene, note.said)
    if line is None:
        note.add(section, f"{values['age']}-year-old {values['gender']} here for {values['reason']}")
        return
    text = _DOUBLED.sub(r"\1 \2 ", line.text(note.scene))
    labels = list(line.labels)
    if values["reason"].lower() in text.lower():
        labels += note.extra.get("reason_labels", ())
    if values["problems"] and values["problems"] in text:
        labels += note.extra.get("problem_labels", ())
    note.add(section, text, labels)
    note.introduced()


def add_homebound(note: NoteScene, section: str) -> None:
    """Say why the patient does not leave the house."""
    causes = note.material.lists.get("homebound_cause")
    cause = None if causes is None else causes.draw(note.scene, note.said)
    if cause is None:
        return
    note.values["reason"] = cause.text(note.scene)
    text = note.text(note.material.lists.get("homebound"))
    note.values.pop("reason")
    if text:
        note.add(section, text, cause.labels, breaks=note.style == "templated")


def reason_for(note: NoteScene) -> str:
    """Return the reason for the visit as a noun phrase."""
    agenda, book = note.agenda, note.material.book
    focus = agenda.focus or agenda.items
    if not focus:
        return "follow-up"
    first = focus[0]
    if first.kind == "complaint":
        _name_side(note, first)
        pools = book.complaints[first.id]
        line = pools.chief.draw(note.scene, note.said) or pools.names.draw(note.scene, note.said)
        if line is None:
            return "a complaint"
        note.extra["reason_labels"] = [*line.labels, *line.also]
        return line.text(note.scene)
    if first.thread is not None:
        note.set_problem(first)
        text, labels = note.of_pool(first, book.presentations[first.thread.presentation].reason)
        note.extra["reason_labels"] = labels
        return text
    names = [item.condition.name for item in focus if item.condition is not None][:2]
    note.extra["reason_labels"] = [
        label for item in focus if item.condition is not None for label in item.condition.spec.labels
    ]
    return joined(names)


def _problems(note: NoteScene) -> str:
    chosen = [each for each in note.agenda.conditions if each.spec.monitor != "none"][:3]
    chosen = chosen or note.agenda.conditions[:2]
    names = [each.name for each in chosen]
    labels = [label for each in chosen for label in each.spec.labels]
    note.extra["problem_labels"] = labels
    return joined(names) or "no chronic illness"


def _name_side(note: NoteScene, item: AgendaItem) -> None:
    if item.side:
        note.values["side"] = item.side


# problems ----------------------------------------------------------------------------------------


def add_complaint(note: NoteScene, item: AgendaItem, section: str) -> None:
    """Tell the story of a complaint, and what is pertinently denied."""
    pools, complaint = note.material.book.complaints[item.id], item.complaint
    assert complaint is not None
    _name_side(note, item)
    note.values["onset"] = complaint.since[int(note.draw() * len(complaint.since))]
    story = pools.story[int(note.draw() * len(pools.story))]
    for line in story.lines:
        if line.fits(note.scene):
            note.put(section, line)
    negatives: list[str] = []
    for _ in range(2 + int(note.draw() * 3)):
        negative = pools.negatives.draw(note.scene, note.said)
        if (
            negative is not None
            and (text := negative.text(note.scene)) not in negatives
            and not _told(note, text)
        ):
            negatives.append(text)
    if negatives:
        add_denials(note, section, negatives, [])


def add_told(note: NoteScene, items: Sequence[AgendaItem], section: str, baseline: bool) -> None:
    """Tell the account of each problem, in the order of the agenda.

    Args:
        note: being written.
        items: problems.
        section: where they are told.
        baseline: whether what is told is how the patient always is, not why the visit takes place.
    """
    for place, item in enumerate(items):
        if item.thread is not None and item.thread.told:
            _tell_account(note, item, section, place == 0, baseline)


def _tell_account(note: NoteScene, item: AgendaItem, section: str, first: bool, baseline: bool) -> None:
    assert item.thread is not None
    note.set_problem(item)
    topic = ""
    if baseline and note.clipped:
        topic = _BASELINE[int(note.draw() * len(_BASELINE))]
    elif note.clipped and not first and note.draw() < _HEADED:
        topic = note.named(item)
    for place, said in enumerate(item.thread.told):
        text, labels = note.said_line(said)
        opens = place == 0
        if note.clipped:
            text = _keep_marks(text, shortened)
            if topic and opens and not _speaks_of(text, topic):
                text = f"{topic}: {text}"
        elif opens and baseline:
            text = (
                _AT_BASELINE[int(note.draw() * 3)]
                .replace("{clause}", text)
                .replace("{his}", note.values["his"])
            )
        elif opens and not first and note.draw() < _ALSO:
            text = _keep_marks(text, with_also)
        note.add(
            section,
            text,
            labels,
            [said.mention] if said.mention >= 0 else (),
            breaks=opens and (note.clipped or (not first and note.draw() < _NEW_PARAGRAPH)),
        )
        note.introduced_by(text)
    _tell_outcomes(note, item, section)


def _speaks_of(text: str, topic: str) -> bool:
    """Return whether a line holds a word of a heading, which is then not needed."""
    words = text.lower()
    return any(word in words for word in topic.lower().split() if len(word) > 3)


def _keep_marks(marked: str, change: Callable[[str], str]) -> str:
    """Apply a change of words within the marks of a mention, or to the whole text where there are none."""
    if OPEN not in marked:
        return change(marked)
    start, end = marked.index(OPEN), marked.index(CLOSE)
    return f"{marked[:start]}{OPEN}{change(marked[start + 1 : end])}{CLOSE}{marked[end + 1 :]}"


def add_condition(note: NoteScene, item: AgendaItem, section: str) -> None:
    """Tell how a chronic condition does."""
    pools = note.material.book.conditions[item.id]
    note.treated(item.id)
    note.scene.status = item.status
    pool = pools.lines["worse" if item.status == "worse" else "stable"]
    if note.habit.homebound and pools.home and note.draw() < 0.5:
        pool = pools.home
    line = pool.draw(note.scene, note.said)
    if line is None:
        return
    next_line = pool.draw_next(note.scene, note.said) if note.draw() < 0.5 else None
    for each in (line, next_line):
        if each is not None:
            text = each.text(note.scene)
            note.note_danger(each)
            if note.clipped and each is line and not _names(text, item):
                text = f"{item.condition.name if item.condition else item.id}: {clipped(text)}"
            labels = note.of_condition(each, pools.spec.labels)
            note.add(
                section, clipped(text) if note.clipped else text, labels, breaks=note.style == "templated"
            )
    _tell_outcomes(note, item, section)


def _names(text: str, item: AgendaItem) -> bool:
    """Return whether a line says which condition it speaks of."""
    names = item.condition.spec.names if item.condition is not None else []
    return any(word.lower() in text.lower() for name in names for word in name.split() if len(word) > 2)


def add_past(note: NoteScene, section: str) -> None:
    """Tell of episodes that ended."""
    for place in note.agenda.past:
        mention = note.plan.mentions[place]
        line = note.material.book.terms[mention.term].past.draw(note.scene, note.said)
        text = (
            mark(line.text(note.scene))
            if line is not None
            else mark(f"{note.values['he']} had {plain(note.noun(place))} in the past")
        )
        note.add(
            section,
            _keep_marks(text, clipped) if note.clipped else text,
            mention.labels,
            [place],
            breaks=note.style == "templated",
        )


# since the last visit ----------------------------------------------------------------------------


def add_interval(note: NoteScene, section: str) -> None:
    """Tell what happened since the last visit here."""
    agenda, book, values = note.agenda, note.material.book, note.values
    side = values.get("side")
    for event in agenda.events:
        values["when"] = (
            month(event.day, note.plan.date, note.draw)
            if (note.plan.date - event.day).days > 40
            else ago(event.day, note.plan.date, note.draw)
        )
        if event.side:
            values["side"] = event.side
        if event.id in book.complaints:
            pools = book.complaints[event.id]
            if note.say(section, pools.event) and (note.plan.date - event.day).days > 6:
                note.say(section, pools.after)
            if event.days:
                values["days"] = f"{number_word(max(2, event.days))}"
                note.say(section, note.material.lists.get("admitted"))
        else:
            note.say(section, note.material.lists.get(event.kind))
        values.pop("side", None)
        if side is not None:
            values["side"] = side


def _tell_outcomes(note: NoteScene, item: AgendaItem, section: str) -> None:
    """Tell how earlier orders and referrals for a problem went."""
    for problem, action in note.agenda.followed:
        if problem != item.id:
            continue
        line = note.material.book.actions[id(action)].after.draw(note.scene, note.said)
        if line is not None:
            text = line.text(note.scene)
            note.note_danger(line)
            note.add(section, shortened(text) if note.clipped else text, (*line.labels, *line.also))


# denials -----------------------------------------------------------------------------------------


def add_review(note: NoteScene, section: str, function: str) -> None:
    """Deny what the plan denies, with a few routine items: what is pertinent first, then the rest of the review.

    Args:
        note: being written.
        section: where denials stand.
        function: where it stands what the patient does without help.
    """
    threads, thread_of = note.material.book.threads, note.material.book.thread_of

    def theme(thread: str) -> str:
        return threads[thread].asked_with or thread

    pertinent = {theme(item.id) for item in note.agenda.items if item.thread is not None}
    near: list[tuple[int, str]] = []
    far: list[tuple[int, str]] = []
    alone: list[int] = []
    systems: list[str] = []
    for place in note.agenda.denied:
        thread = thread_of[note.plan.mentions[place].term]
        if threads[thread].region == "function":
            alone.append(place)
            continue
        system = theme(thread)
        systems.append(system)
        (near if system in pertinent else far).append((place, _denied(note, place)))
    planned = " ".join(text for _, text in (*near, *far)).lower()
    routine: list[str] = []
    if note.habit.routine:
        systems = [name for name in systems if name in note.habit.routine]
    if systems and note.draw() < _ROUTINE:
        routine = routine_denials(
            note, 2 + (len(near) + len(far) < 2), planned, systems[int(note.draw() * len(systems))]
        )
    if len(near) + len(far) + len(routine) <= _TOGETHER:
        near, far = [*near, *far], []
    for bundle in (near, far):
        here = routine if bundle is far or not far else []
        for start in range(0, len(bundle), _TOGETHER):
            add_denials(note, section, here if start == 0 else [], bundle[start : start + _TOGETHER])
        routine = [] if here else routine
    if len(routine) > 1:
        add_denials(note, section, routine, [])
    if not near and not far and not routine and not note.habit.urgent and note.draw() < _OTHERWISE_NEGATIVE:
        note.say(section, note.material.lists.get("review_negative"), breaks=note.style == "templated")
    if alone:
        _add_independence(note, function, alone)


def _asks(note: NoteScene, system: str) -> bool:
    """Return whether the review of this setting asks about a system of which nothing was told."""
    if note.habit.routine and system not in note.habit.routine:
        return False
    threads = note.material.book.threads
    if any(threads[name].asked_with == system for name in note.known if name in threads):
        return False
    told = note.told_in("history")
    return not any(word in told for word in note.material.system_words.get(system, ()))


def _add_independence(note: NoteScene, section: str, places: list[int]) -> None:
    """Say of which activities the patient needs no help."""
    items = []
    for place in places:
        term = note.plan.mentions[place].term
        line = note.material.book.terms[term].intact.draw(note.scene, note.said)
        items.append(mark(line.text(note.scene) if line is not None else term.replace("_", " ")))
    for term, pools in note.material.intact:
        if len(items) >= _ACTIVITIES:
            break
        if term not in note.known and note.material.book.thread_of[term] not in note.known:
            line = pools.intact.draw(note.scene, note.said)
            if line is not None and all(line.text(note.scene) != plain(each) for each in items):
                items.append(line.text(note.scene))
    note.values["list"] = joined(items)
    text = note.text(note.material.lists.get("independent_in")) or f"independent in {note.values['list']}"
    note.values.pop("list")
    note.add(section, text, (), places, breaks=note.style == "templated")


def _denied(note: NoteScene, place: int) -> str:
    return note.denial(place) or mark(note.plan.mentions[place].term.replace("_", " "))


def routine_denials(note: NoteScene, count: int, planned: str, system: str) -> list[str]:
    """Return routine items of an organ system that may be denied here.

    Args:
        note: being written.
        count: how many are wanted.
        planned: what the plan denies, in lower case; nothing is denied twice.
        system: organ system.
    """
    found: list[str] = []
    pool = note.material.routine.get(system)
    if pool is None:
        return found
    thread_of = note.material.book.thread_of
    denied = {note.plan.mentions[place].term for place in note.agenda.denied}
    unsaid = note.known | denied | {thread_of[term] for term in denied}
    for _ in range(2 * count):
        line = pool.draw(note.scene, note.said, unsaid) if len(found) < count else None
        if line is None:
            break
        text = line.text(note.scene)
        said = f"{planned} {' '.join(found)}"
        if text not in found and not _blocked(note, line.blocked_by) and not _told(note, text, said):
            found.append(text)
    return found


_ALSO_WORDS = re.compile(r"\b(?:also|otherwise)\b", re.IGNORECASE)
"""Words of a lead that take up denials before it."""
_COMMON = frozenset(("pain", "with", "from", "recent", "change", "loss", "trouble", "changes"))


def _told(note: NoteScene, text: str, more: str = "") -> bool:
    """Return whether the note speaks of a thing already, so that a routine denial would contradict or repeat it."""
    said = note.told_in("history") + more
    words = [word for word in text.lower().split() if len(word) > 3 and word not in _COMMON]
    return any(word in said for word in words)


def _blocked(note: NoteScene, ids: frozenset[str]) -> bool:
    return any(item.id in ids for item in note.agenda.items)


def add_denials(note: NoteScene, section: str, routine: list[str], planned: list[tuple[int, str]]) -> None:
    """Put one bundle of denials into a section."""
    mentions = [place for place, _ in planned]
    items = [text for _, text in planned]
    if note.draw() < 0.5:
        items = items + routine
    else:
        items = routine + items
    if not items:
        return
    note.values["list"] = joined(items, "or")
    again = note.extra.setdefault("denied", [])
    line, _ = note.material.denial_leads.draw_liked(
        note.scene, note.said, lambda line: bool(again) or not _ALSO_WORDS.search(line.text(note.scene)), 4
    )
    again.append(line)
    text = line.text(note.scene) if line is not None else f"no {note.values['list']}"
    note.add(section, text, (), mentions, breaks=note.style == "templated")
    note.values.pop("list")
