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
    uncapitalized,
    with_also,
    without_subject,
)
from dualalign.notes.time_words import ago, month, number_word, since
from dualalign.trajectories.plan import Reporter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dualalign.charts.agenda import AgendaItem
    from dualalign.notes.note_scene import NoteScene

_MERGED = 0.6  # share of two clauses of one speaker that share a sentence
_ONSET_TOLD = 0.6
_TURNED = 0.35  # share of further problems to which a story turns by name
_DRAWS = 5  # headings drawn until one names what is asked about, not a problem
_HEADED = 0.85  # share of problems in a list that stand under their name
_FRAMED = 0.4  # share of a patient's first clauses that say who says so
_LONGEST_MERGED = 110
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
    if first.kind == "thread":
        line = book.threads[first.id].reason.draw(note.scene, note.said)
        if line is None:
            return first.id.replace("_", " ")
        note.extra["reason_labels"] = [*line.labels, *line.also]
        return line.text(note.scene)
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
    """Tell what is said of the problems: the informant's account as a block, then the patient's, in linked sentences.

    Args:
        note: being written.
        items: problems, in the order of the agenda.
        section: where they are told.
        baseline: whether what is told is how the patient always is, not why the visit takes place.
    """
    mentions = note.plan.mentions
    items = _by_theme(note, items)
    blocks = []
    for by_informant in (True, False):
        groups = [
            (item, [i for i in item.told if (mentions[i].reporter is Reporter.INFORMANT) == by_informant])
            for item in items
        ]
        blocks.append((by_informant, [(item, group) for item, group in groups if group]))
    if note.draw() < 0.35:
        blocks.reverse()
    for by_informant, groups in blocks:
        said = 0
        for item, group in groups:
            if note.clipped:
                _list_block(note, item, group, by_informant, section, said == 0, baseline)
            else:
                _tell_block(note, item, group, by_informant, section, said, baseline)
            if said == 0 and not baseline and items[0].focus and "onset" not in note.extra:
                _tell_onset(note, items[0], section)
            said += len(group)


def _by_theme(note: NoteScene, items: Sequence[AgendaItem]) -> list[AgendaItem]:
    """Return problems with those beside each other that clinicians ask about together."""
    themes: dict[tuple[str, str], list[AgendaItem]] = {}
    for item in items:
        thread = note.material.book.threads[item.id].thread
        theme = (thread.region, "" if thread.region == "function" else thread.asked_with or item.id)
        themes.setdefault(theme, []).append(item)
    return [item for together in themes.values() for item in together]


def _topic(note: NoteScene, item: AgendaItem) -> str:
    """Return the name of a problem as it stands before what is told of it, once a note."""
    named: set[str] = note.extra.setdefault("topics", set())
    if item.id in named:
        return ""
    named.add(item.id)
    title = note.material.book.threads[item.id].title
    line, bare = title.draw_liked(note.scene, note.said, lambda line: not line.labels, _DRAWS)
    return line.text(note.scene) if line is not None and bare else ""


def _tell_onset(note: NoteScene, item: AgendaItem, section: str) -> None:
    """Say once how the main problem began or went on."""
    note.extra["onset"] = True
    months = max((note.plan.mentions[i].months for i in item.told), default=0)
    if months < 3 or note.draw() > _ONSET_TOLD or not item.told:
        return
    note.values["since"] = since(months, note.plan.date, note.draw)
    if item.status == "worse" and note.agenda.seen_before:
        note.say(section, note.material.lists.get("course_worse"))
    elif not note.agenda.seen_before:
        note.say(section, note.material.lists.get("onset"))


def _clauses(note: NoteScene, places: list[int]) -> list[tuple[int, str, tuple[str, ...]]]:
    found = []
    for place in places:
        said = note.clause(place)
        if said is None:
            said = (
                mark(f"{note.values['he']} has {plain(note.noun(place))}"),
                note.plan.mentions[place].labels,
            )
        found.append((place, *said))
    return found


def _tell_block(
    note: NoteScene,
    item: AgendaItem,
    places: list[int],
    by_informant: bool,
    section: str,
    said: int,
    baseline: bool,
) -> None:
    material, values, scene = note.material, note.values, note.scene
    waiting = _clauses(note, places)
    sentences = said
    while waiting:
        place, text, labels = waiting.pop(0)
        mentions, all_labels = [place], list(labels)
        if waiting and note.draw() < _MERGED:
            other = without_subject(plain(waiting[0][1]))
            if (
                other is not None
                and plain(text).startswith(note.values["he"] + " ")
                and len(text) + len(other) < _LONGEST_MERGED
                and "," not in other
                and " and " not in plain(text)
            ):
                place, _, labels = waiting.pop(0)
                text = f"{text} and {mark(other)}"
                mentions.append(place)
                all_labels += labels
        if sentences and note.draw() < 0.4 and not by_informant:
            text = _keep_marks(text, with_also)
        values["clause"] = text
        if by_informant:
            pool = material.by_informant if sentences == 0 else material.informant_again
            line = pool.draw(scene, note.said)
            text = line.text(scene) if line is not None else f"{values['informant']} reports that {text}"
            note.introduced()
        elif baseline and sentences == 0:
            text = (
                _AT_BASELINE[int(note.draw() * 3)].replace("{clause}", text).replace("{his}", values["his"])
            )
        elif sentences == 0 and note.draw() < _FRAMED:
            line = material.by_patient.draw(scene, note.said)
            text = line.text(scene) if line is not None else text
        elif sentences == said and note.draw() < _TURNED and (topic := _topic(note, item)):
            values["topic"] = uncapitalized(topic)
            text = note.text(material.lists.get("turning")) or text
        note.add(section, text, all_labels, mentions, breaks=sentences == 0 and len(places) > 1)
        sentences += 1
    values.pop("clause", None)
    values.pop("topic", None)


def _list_block(
    note: NoteScene,
    item: AgendaItem,
    places: list[int],
    by_informant: bool,
    section: str,
    first: bool,
    baseline: bool,
) -> None:
    """Tell clauses as lists have them: without subject, those of one problem together and under its name."""
    waiting = _clauses(note, places)
    values = note.values
    if baseline:
        topic = _BASELINE[int(note.draw() * len(_BASELINE))] if first else ""
    else:
        bare = by_informant or (first and item.focus) or note.draw() > _HEADED
        topic = "" if bare else _topic(note, item)
    while waiting:
        taken = [waiting.pop(0)]
        while waiting and len(taken) < 3 and sum(len(each[1]) for each in taken) < _LONGEST_MERGED:
            taken.append(waiting.pop(0))
        text = "; ".join(_keep_marks(marked, clipped) for _, marked, _ in taken)
        if topic and any(word in text.lower() for word in topic.lower().split() if len(word) > 2):
            topic = ""
        if topic:
            text, topic = f"{topic}: {text}", ""
        if by_informant:
            values["clause"] = text
            line = note.material.informant_clipped.draw(note.scene, note.said)
            text = line.text(note.scene) if line is not None else f"{text} per {values['relation']}"
            values.pop("clause", None)
        labels = [label for _, _, found in taken for label in found]
        note.add(
            section,
            text,
            labels,
            [place for place, _, _ in taken],
            breaks=first or note.style == "templated",
            period=note.style == "telegraphic",
        )
        first = False


def _keep_marks(marked: str, change: object) -> str:
    """Apply a change of words to the first marked clause and keep the marks around it."""
    start, end = marked.index(OPEN), marked.index(CLOSE)
    inner = marked[start + 1 : end]
    return f"{marked[:start]}{OPEN}{change(inner)}{CLOSE}{marked[end + 1 :]}"  # type: ignore[operator]


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
    """Tell what happened since the last visit here, and how earlier orders and referrals went."""
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
    for _, action in agenda.followed:
        line = book.actions[id(action)].after.draw(note.scene, note.said)
        if line is not None:
            text = line.text(note.scene)
            note.note_danger(line)
            note.add(
                section,
                clipped(text) if note.clipped else text,
                (*line.labels, *line.also),
                breaks=note.style == "templated",
            )


# denials -----------------------------------------------------------------------------------------


def add_review(note: NoteScene, section: str, function: str, routine: int) -> None:
    """Deny what the plan denies and what is asked as routine, each bundle about one thing.

    Args:
        note: being written.
        section: where denials stand.
        function: where it stands what the patient does without help.
        routine: how many routine items go along.
    """
    book = note.material.book
    bundles: dict[str, list[tuple[int, str]]] = {}
    alone: list[int] = []
    for place in note.agenda.denied:
        thread = book.thread_of[note.plan.mentions[place].term]
        if book.threads[thread].thread.region == "function":
            alone.append(place)
        else:
            theme = book.threads[thread].thread.asked_with or thread
            bundles.setdefault(theme, []).append((place, _denied(note, place)))
    planned = " ".join(text for each in bundles.values() for _, text in each).lower()
    for theme, items in bundles.items():
        more = routine_denials(note, min(routine, 1 + (len(items) < 3)), planned, theme)
        routine -= len(more)
        for start in range(0, len(items), 5):
            add_denials(note, section, more if start == 0 else [], items[start : start + 5])
    systems = [name for name in note.material.routine if name not in bundles and _asks(note, name)]
    while routine > 1 and systems:
        theme = systems.pop(int(note.draw() * len(systems)))
        more = routine_denials(note, 3, planned, theme)
        routine -= 3
        if len(more) > 1:
            add_denials(note, section, more, [])
    if alone:
        _add_independence(note, function, alone)


def _asks(note: NoteScene, system: str) -> bool:
    """Return whether the review of this setting asks about a system of which nothing was told."""
    if note.habit.routine and system not in note.habit.routine:
        return False
    threads = note.material.book.threads
    if any(threads[name].thread.asked_with == system for name in note.known if name in threads):
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
    line = note.material.denial_leads.draw(note.scene, note.said)
    text = line.text(note.scene) if line is not None else f"no {note.values['list']}"
    note.add(section, text, (), mentions, breaks=note.style == "templated")
    note.values.pop("list")
