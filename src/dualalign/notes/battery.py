"""A battery of tests: one level for each domain, and results, summary and advice that agree with it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dualalign.notes.battery_pools import LEVELS
from dualalign.notes.examination import add_score
from dualalign.notes.sentence import joined
from dualalign.passages.language import expand, text_of
from dualalign.trajectories.plan import Polarity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dualalign.notes.battery_pools import Test
    from dualalign.notes.note_scene import NoteScene
    from dualalign.notes.sentence import Composed
    from dualalign.packs.schema.note_material import Cue, Level, TestedDomain
    from dualalign.passages.pool import CompiledLine, Pool
    from dualalign.trajectories.plan import Score

DEFAULT = "default"
"""Stage that stands for all that a domain does not name."""
_FRAMED = ("domain", "level", "tests")
"""Slots of a frame."""
_REDUCED = LEVELS.index("borderline")
"""Place of the first level below the low average."""
_LONG_NOTE, _SHORT_NOTE = 350, 200
"""Words from which a report may give one more test of a domain, and below which it leaves more domains out."""
_SHORT_SHARE = 0.8
"""Share of the domains of a report that a short one keeps."""
_MORE_TESTS, _CONDITION, _REMARK, _SECOND_ADVICE = 0.4, 0.85, 0.33, 0.6
"""Shares of reports that give one more test of a domain, tell of a shortened session, add how to read results, and
tell a second time what the profile means for daily life."""
_MOST_HELPED = 3
"""Activities named at most."""
_TOPIC = 5
"""Letters by which two lines of advice are of one topic."""


@dataclass(slots=True)
class _Profile:
    """What one report says of the patient's abilities.

    Args:
        levels: domain -> place of its level.
        tokens: what lines may ask of it: `memory_impaired`, `memory_reduced`, `storage`, `told_bills`.
        given: domains of which the report gives tests.
        shortened: whether it says that fewer tests were given.
    """

    levels: dict[str, int]
    tokens: frozenset[str]
    given: list[str] = field(default_factory=list)
    shortened: bool = False


# function ----------------------------------------------------------------------------------------


def add_dependence(note: NoteScene, section: str) -> None:
    """Say what the patient is helped with, where the note tells no problem of it: tests are read beside function."""
    pools = note.material.battery
    told = _told_today(note)
    helped = {term: what for term, what in pools.helped.items() if term in note.known}
    if not helped or not told.isdisjoint(helped):
        return
    note.values["list"] = joined(list(dict.fromkeys(helped.values()))[:_MOST_HELPED])
    note.say(section, pools.dependence)
    note.values.pop("list")


# results -----------------------------------------------------------------------------------------


def add_battery(note: NoteScene, section: str, behavior: str) -> None:
    """Write the scores of the visit and the tests by domain, each followed by what was found in its domain.

    Args:
        note: being written; what stands in the section so far are findings.
        section: of the results.
        behavior: section of how the patient worked.
    """
    pools = note.material.battery
    found = [(each, _domain_of(note, each)) for each in note.sections.pop(section, [])]
    profile = note.extra["profile"] = _profile(note, [each for each, _ in found])
    note.scene.tokens = note.agenda.tokens | profile.tokens
    worked = [each for each, _ in found if not each.spans]
    note.sections.setdefault(behavior, []).extend(worked)
    note.sections[section] = [each for each, domain in found if each.spans and not domain]
    if note.draw() < _CONDITION:
        profile.shortened = note.say(section, pools.conditions, breaks=True)
    screens, scales = _scores(note)
    _add_scores(note, section, screens)
    note.values.update(dict.fromkeys(_FRAMED, ""))
    frame = pools.frames.draw(note.scene, note.said)
    kept = _SHORT_SHARE if note.plan.style.words < _SHORT_NOTE else 1.0
    for name, domain in pools.domains.items():
        own = [each for each, its_domain in found if its_domain == name]
        if domain.scored and scales:
            _add_scores(note, section, scales)
        elif frame is not None and (own or domain.share == 1.0 or note.draw() < domain.share * kept):
            _add_domain(note, section, name, profile, frame)
        for each in own:
            each.breaks = False
        note.sections[section] += own
    for slot in _FRAMED:
        note.values.pop(slot)
    note.scene.tokens = note.agenda.tokens


def _scores(note: NoteScene) -> tuple[list[Score], list[Score]]:
    """Return the scores that stand before the tests, and those that take the place of the tests of a domain."""
    labels = {
        label for domain in note.material.battery.domains.values() if domain.scored for label in domain.labels
    }
    before: list[Score] = []
    instead: list[Score] = []
    for score in note.plan.scores:
        apart = labels.isdisjoint(note.material.score_labels.get(score.instrument, ()))
        (before if apart else instead).append(score)
    return before, instead


def _add_scores(note: NoteScene, section: str, scores: Sequence[Score]) -> None:
    """Write scores, each on a line of its own."""
    for score in scores:
        before = len(note.sections[section])
        add_score(note, score, section)
        for each in note.sections[section][before:]:
            each.breaks = True


def _domain_of(note: NoteScene, finding: Composed) -> str:
    """Return the domain of which a finding tells first; empty if it tells of none, or of several in no order."""
    if not finding.spans:
        return ""
    domains = {name: each for name, each in note.material.battery.domains.items() if each.profile}
    text = finding.text.lower()
    places = {
        name: min(found)
        for name, domain in domains.items()
        if (found := [text.find(word) for cue in domain.cues for word in cue.words if word in text])
    }
    if places:
        return min(places, key=places.__getitem__)
    terms = {note.plan.mentions[place].term for place, _, _ in finding.spans}
    named = [name for name, domain in domains.items() if not terms.isdisjoint(domain.terms)]
    return named[0] if len(named) == 1 else ""


def _add_domain(note: NoteScene, section: str, name: str, profile: _Profile, frame: CompiledLine) -> None:
    pools, place = note.material.battery, profile.levels[name]
    domain, level = pools.domains[name], LEVELS[place]
    tests = _tests(note, name, level, profile.shortened)
    if not tests:
        return
    if domain.profile:
        profile.given.append(name)
    text = "; ".join(tests)
    if not domain.bare:
        values = note.values
        values["domain"] = _one_of(domain.names, note.draw)
        values["level"] = _one_of(pools.level_words[level], note.draw) if domain.profile else ""
        values["tests"] = text
        text = frame.text(note.scene) if domain.profile else f"{values['domain']}: {text}"
    if note.style == "telegraphic":
        for word, short in pools.short.items():
            text = text.replace(word, short)
    note.add(section, text, domain.labels if place >= _REDUCED else (), breaks=True)


def _tests(note: NoteScene, name: str, level: Level, shortened: bool) -> list[str]:
    """Return results of some tests of a domain, those first that this patient is given in other years too."""
    pools = note.material.battery
    domain = pools.domains[name]
    more = note.plan.style.words >= _LONG_NOTE and note.draw() < _MORE_TESTS
    wanted = max(1, domain.count - shortened + more) if domain.count > 1 else 1
    draw = _stable(note, name).random if domain.settled else note.draw
    scales = pools.scales.get(level, {})

    def draw_scores() -> None:
        note.values.update({slot: _one_of(scores, draw) for slot, scores in scales.items()})

    draw_scores()
    texts = []
    for line in _in_order(note, pools.tests[name][level])[:wanted]:
        draw_scores()
        texts.append(expand(line.parts, note.values, draw))
    for slot in scales:
        note.values.pop(slot)
    return texts


def _in_order(note: NoteScene, tests: Sequence[Test]) -> list[CompiledLine]:
    """Return the tests that fit in the order of this patient's clinic: the one that leads, then those that follow it."""
    fitting = {
        test.name: test.line
        for test in tests
        if test.line.fits(note.scene) and test.line.denies.isdisjoint(note.known)
    }
    ordered = [fitting[name] for name in sorted(fitting, key=lambda name: _stable(note, name).random())]
    leading = [line for line in ordered if not line.follows]
    following = [line for line in ordered if line.follows]
    return [*leading[:1], *following] if following else leading


# levels ------------------------------------------------------------------------------------------


def _profile(note: NoteScene, findings: Sequence[Composed]) -> _Profile:
    """Return the levels of all domains, as the stage, the patient and what the note says of the day have them."""
    told = _told_today(note)
    words = _words_of_the_day(note, findings)
    levels: dict[str, int] = {}
    tokens = {f"told_{term}" for term in told}
    for name, domain in note.material.battery.domains.items():
        cue = next((each for each in domain.cues if any(word in words for word in each.words)), None)
        level = levels[name] = _level(note, name, domain, told, cue)
        tokens.add(f"{name}_{LEVELS[level]}")
        if level >= _REDUCED:
            tokens.add(f"{name}_reduced")
            form = (cue and cue.form) or _share(note, f"{name}, form", domain.forms.get(note.plan.stage, {}))
            tokens.update([form] if form else ())
    return _Profile(levels, frozenset(tokens))


def _level(note: NoteScene, name: str, domain: TestedDomain, told: set[str], cue: Cue | None) -> int:
    """Return the place of a domain's level."""
    level = LEVELS.index(_share(note, name, domain.levels.get(note.plan.stage, {})) or LEVELS[0])
    if not told.isdisjoint(domain.terms):
        level = max(level, LEVELS.index(domain.told.get(note.plan.stage) or domain.told[DEFAULT]))
    screened = domain.screened and any(
        score.impaired and note.material.screens[score.instrument] for score in note.plan.scores
    )
    level = max(level, int(screened))
    for score in _scores(note)[1] if domain.scored else ():
        level = max(level, _REDUCED) if score.impaired else min(level, _REDUCED - 1)
    if cue is not None and cue.least:
        level = max(level, LEVELS.index(cue.least))
    if cue is not None and cue.most:
        level = min(level, LEVELS.index(cue.most))
    return level


def _told_today(note: NoteScene) -> set[str]:
    """Return the terms that the note says are there, and the threads of conditions that are worse."""
    told: set[str] = set()
    for item in note.agenda.items:
        mentions = [note.plan.mentions[place] for place in (*item.told, *item.seen, *item.assessed)]
        told.update(mention.term for mention in mentions if mention.polarity is not Polarity.NEGATED)
        if item.condition is not None and item.status == "worse":
            told.update(item.condition.spec.threads)
    return told


def _words_of_the_day(note: NoteScene, findings: Sequence[Composed]) -> str:
    """Return what was found, and what the assessment may say of it, in lower case."""
    lines = note.material.book.lines
    weighed = [
        "".join(text_of(lines[said.line].parts))
        for item in note.agenda.focus
        if item.thread is not None
        for said in item.thread.assessed
    ]
    return " / ".join([*(finding.text for finding in findings), *weighed]).lower()


def _share(note: NoteScene, name: str, shares: Mapping[Any, float]) -> str:
    """Return the entry in whose share this patient falls, the same in every year; empty if there is none."""
    place = _stable(note, name).random() * sum(shares.values())
    for entry, share in shares.items():
        place -= share
        if place < 0:
            return str(entry)
    return ""


def _stable(note: NoteScene, purpose: str) -> random.Random:
    """Return a generator that gives this patient the same numbers in every note."""
    return random.Random(f"{note.persona.patient_id} {note.persona.birth_date} {purpose}")


def _one_of(words: Sequence[str], draw: Callable[[], float]) -> str:
    return words[int(draw() * len(words))]


# summary and advice ------------------------------------------------------------------------------


def add_profile(note: NoteScene, section: str) -> None:
    """Tell the profile of the scores in one or two sentences."""
    pools, profile = note.material.battery, _profile_of(note)
    domains = pools.domains
    at = {
        level: [name for name in profile.given if profile.levels[name] == place]
        for place, level in enumerate(LEVELS)
    }
    note.scene.tokens = note.agenda.tokens | profile.tokens
    leads = [name for name in (*at["impaired"], *at["borderline"]) if _leads(note, name)]
    first = [note.text(pools.summary.get(name)) for name in leads]
    first += [
        _clause(note, level, [each for each in at[level] if each not in leads])
        for level in ("impaired", "borderline")
    ]
    second = [_clause(note, level, at[level]) for level in ("low", "average")]
    labels = [label for name in (*at["impaired"], *at["borderline"]) for label in domains[name].labels]
    if not any(first) and not at["low"]:
        second = [_denying(note, pools.summary.get("normal")) or second[-1]]
    elif not any(first):
        second.append(note.text(pools.summary.get("no_impairment")))
    for clauses, earned in ((first, labels), (second, [])):
        text = "; ".join(clause for clause in clauses if clause)
        if text:
            note.add(
                section, text, earned, breaks=note.style == "templated" or not note.sections.get(section)
            )
    if note.draw() < _REMARK:
        note.say(section, pools.remarks, breaks=note.style == "templated", deny=True)
    note.scene.tokens = note.agenda.tokens


def _leads(note: NoteScene, name: str) -> bool:
    """Return whether the summary has words of its own for a domain at its level."""
    pool = note.material.battery.summary.get(name)
    return pool is not None and pool.first(note.scene) is not None


def _clause(note: NoteScene, level: str, names: Sequence[str]) -> str:
    """Return what the summary says of the domains of one level; empty if there are none."""
    pools = note.material.battery
    if not names:
        return ""
    note.values["list"] = joined([pools.domains[name].called or name for name in names])
    text = note.text(pools.summary.get(level))
    note.values.pop("list")
    return text


def advice_of_tests(note: NoteScene, section: str) -> list[str]:
    """Return what the profile means for daily life, where the plan does not say it, and one recommendation that many get.

    Args:
        note: being written.
        section: of the plan.
    """
    pools, profile = note.material.battery, _profile_of(note)
    note.scene.tokens = note.agenda.tokens | profile.tokens
    said = note.told_in(section)
    wanted = 1 + (note.draw() < _SECOND_ADVICE)
    texts: list[str] = []
    for _ in range(wanted + 1):
        text = _denying(note, pools.implications)
        topic = text[:_TOPIC].lower()
        if text and len(texts) < wanted and topic not in said:
            texts.append(text)
            said += f" {text.lower()}"
    texts.append(_denying(note, pools.recommendations))
    note.scene.tokens = note.agenda.tokens
    return [text for text in texts if text]


def _denying(note: NoteScene, pool: Pool | None) -> str:
    """Return the text of a line that denies nothing that is there; empty if none fits."""
    line = None if pool is None else pool.draw(note.scene, note.said, note.known)
    return "" if line is None else line.text(note.scene)


def _profile_of(note: NoteScene) -> _Profile:
    profile = note.extra["profile"]
    assert isinstance(profile, _Profile)
    return profile
