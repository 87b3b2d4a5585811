"""What a note says of symptoms: which problems it takes up, by which lines of their presentations, and what is denied.

The published tables say how many mentions notes hold and of which domains. A note is not made to hold its share: what it
owes is carried to the patient's next note, so that each note tells one to four problems whole, and the tables hold over the
years.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from dualalign.trajectories.plan import Course, Mention, Polarity, Reporter, Role

if TYPE_CHECKING:
    import random

    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.visits import VisitType
    from dualalign.passages.book import Book, PresentationPools, ToldLine
    from dualalign.passages.scene import Scene
    from dualalign.trajectories.symptoms import SymptomCourse

_DENIED_TOGETHER = 1.6
"""Denials share sentences, so a given share of negated sentences needs a larger share of negated mentions."""
_MOST_DENIED = 0.62
_MORE_SYSTEMS = 12.5
"""Mentions a note for each of which one more organ system is asked about."""
_ASKED_INSTEAD = 0.9
"""Share of what a note is short of that is denied instead."""
_DENIED_AT_MOST, _DENIED_APART = 6, 1
_DENSE_DENIED = 0.5
"""Share of a dense profile's mentions a note that it may deny."""
_MOST_OWED = 60.0
"""Mentions of one domain that are carried on at most, in either direction."""
_MOST_DUE = 4.0
"""Notes' worth of mentions that are carried on at most."""
_LEAST_TOLD = 2.0
"""Mentions of a problem that is taken up although nothing of its domain is due."""
_AT_FIRST = 1.0
"""Notes' worth of mentions that are owed before the first, as on average later."""
_MORE_PROBLEMS = 11
"""Mentions due for each of which a note takes up a problem more than its setting is wont to: with a dense profile alone."""
_APART_TAKES = 0.35
"""Share of what is owed that a visit for a complaint takes."""
_SPREAD = (0.6, 0.8, 1.0, 1.2, 1.4)
"""How notes of one setting differ in length."""
_EXAMINED = 0.7
"""Chance that what a visit deals with is also examined."""
_AGAIN_DENIED = 0.15
"""How much less a part of a problem is denied once another is."""
_PERTINENT = 25.0
"""How much more a term is denied that belongs to a problem told."""
_LEAST_OWED = 0.05
_FOLLOWED = 2.5
"""How much more readily a clinic takes up what it dealt with before."""
_LEAST_AFFINITY, _LEAST_BESIDE = 0.35, 0.25
"""Affinity below which a setting's notes leave a thread to others, and below which they do not tell it beside a complaint."""
_OWN_MATTER = 0.9
"""Affinity from which on a thread can be what a visit is for."""
_SYNDROME_LEADS = 0.85
"""Share of visits for the disease that a problem of its syndrome leads, where there is one."""
_USED = 0.12
"""How much less a line is told that an earlier note of the patient told."""
_SAME_WORDS = 0.5
"""Share of the words of the shorter of two lines from which on they say the same."""
_PLAIN_LINES = 0.45
"""Share of an account's further lines that may tell no symptom."""
_TELLS_WORSE, _TELLS_BETTER = 0.3, 0.22


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a presentation as a note says it.

    Args:
        line: place among the book's lines.
        mention: place among the plan's mentions, -1 if it tells no symptom.
    """

    line: int
    mention: int = -1


@dataclass(slots=True)
class ThreadPlan:
    """What a note says of one thread.

    Args:
        thread: id.
        presentation: the way in which it shows in this patient.
        status: `new`, `stable`, `worse` or `better`.
        side: of the body; empty if it has none.
        months: since it began, the same whatever is told of it.
        told: lines of the history, in order.
        seen: lines of the examination.
        assessed: lines of the assessment.
    """

    thread: str
    presentation: str
    status: str
    side: str = ""
    months: int = 12
    told: list[Said] = field(default_factory=list)
    seen: list[Said] = field(default_factory=list)
    assessed: list[Said] = field(default_factory=list)


@dataclass(slots=True)
class MentionPlan:
    """A note's mentions by where they stand."""

    mentions: list[Mention] = field(default_factory=list)
    threads: dict[str, ThreadPlan] = field(default_factory=dict)
    denied: list[int] = field(default_factory=list)
    absent: list[int] = field(default_factory=list)
    past: list[int] = field(default_factory=list)
    family: list[int] = field(default_factory=list)


@dataclass(slots=True)
class SymptomMemory:
    """What was told of one patient so far.

    Args:
        told: terms told in earlier notes.
        spoken: terms of which some line said something, under whichever of them it was counted; none is denied later.
        touched: threads whose words some name of a problem held; none is denied later.
        owed: mentions by domain that the tables ask for beyond what was said so far; over the years they are made up for.
        due: mentions of any domain that the tables ask for beyond what was said, made up for in the next notes.
        presentations: thread -> presentation and side; they stay.
        began: thread -> years before the index date at which it began; it stays.
        followed: note type -> threads that its clinicians deal with.
        heard: note type -> presentations of which its clinicians heard the account.
        used: lines told, with how often.
    """

    told: set[int] = field(default_factory=set)
    spoken: set[int] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    owed: list[float] = field(default_factory=list)
    due: float | None = None
    presentations: dict[str, tuple[PresentationPools, str]] = field(default_factory=dict)
    began: dict[str, float] = field(default_factory=dict)
    followed: dict[str, set[str]] = field(default_factory=dict)
    heard: dict[str, set[str]] = field(default_factory=dict)
    used: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VisitSymptoms:
    """The visit whose mentions are planned, and how the patient is then.

    Args:
        kind: the visit's note type.
        scene: what is so.
        years_before: years from the visit to the index date.
        year_bin: whole year of the visit, from 1.
        stage: of the disease.
        severity: latent severity.
        symptoms: the patient's symptom courses.
        speaker: who came along: `family`, `professional` or empty.
        family_history: whether a relative had the disease.
        most_threads: problems that the note takes up at most.
        apart: whether the visit is for a complaint, so that symptoms are told beside it and hardly looked for.
        touched: threads that the complaint speaks of, which are neither told nor denied beside it.
        happened: threads that recent events speak of, which are not denied.
        needs_problem: whether a visit of this kind always has a problem.
        urgent: whether the review is of the complaint alone.
        of_disease: whether a problem of the disease's syndrome comes first, where there is one.
    """

    kind: VisitType
    scene: Scene
    years_before: float
    year_bin: int
    stage: str
    severity: float
    symptoms: SymptomCourse
    speaker: str
    family_history: bool
    most_threads: int
    apart: bool
    touched: frozenset[str]
    happened: frozenset[str]
    needs_problem: bool
    urgent: bool
    of_disease: bool = False


@dataclass(slots=True)
class _Draft:
    """A note's mentions while they are planned."""

    plan: MentionPlan
    visit: VisitSymptoms
    memory: SymptomMemory
    rng: random.Random
    there: set[int]
    """Terms that the patient has and that may be told by now."""
    not_deniable: frozenset[str]
    """Terms and threads that are or were there."""
    told_now: set[int] = field(default_factory=set)


class MentionPlanner:
    """Plans mentions for a pack.

    Args:
        pack: a loaded pack.
        book: its material.
    """

    def __init__(self, pack: Pack, book: Book) -> None:
        table = pack.mentions
        self._table, self._book = table, book
        terms = list(pack.lexicon.terms().values())
        index = {term.id: i for i, term in enumerate(terms)}
        self._ids = [term.id for term in terms]
        self._index = index
        self._pools = [book.terms[term.id] for term in terms]
        self._domain_id = ["" for _ in terms]
        self._domain = [0 for _ in terms]
        for d, domain in enumerate(table.domain_shares()):
            found = next(each for each in pack.lexicon.domains if each.id == domain)
            for term in found.terms:
                self._domain[index[term.id]], self._domain_id[index[term.id]] = d, domain
        self._denied_weights = [term.weight * term.denied for term in terms]
        self._persistent = [term.course == "persistent" for term in terms]
        informant = pack.labels.informant_label
        self._labels = [tuple(term.labels) for term in terms]
        self._labels_by_informant = [
            tuple(term.labels) + ((informant,) if informant else ()) for term in terms
        ]
        self._thing = [index[term.same_as or term.id] for term in terms]
        self._threads = list(book.threads)
        self._thread = [self._threads.index(book.thread_of[term]) for term in self._ids]
        self._terms_of = {
            name: frozenset(index[term] for term in thread.terms) for name, thread in book.threads.items()
        }
        self._speaks_of = {
            name: _shares(
                self._domain[line.terms[0]]
                for pools in book.of_thread[name]
                for line in (*pools.history, *pools.later, *pools.exam)
                if line.terms
            )
            for name in book.threads
        }
        self._lasting = [
            2 * sum(p for p, of in zip(self._persistent, self._thread, strict=True) if of == thread)
            > self._thread.count(thread)
            for thread in range(len(self._threads))
        ]
        self._partial = [book.threads[name].partial for name in self._threads]
        self._lost_from = [
            book.stages.get(book.threads[name].lost_from, len(book.stages)) for name in self._threads
        ]
        self._stages = book.stages
        self._asked = {
            kind.id: (
                frozenset(self._threads.index(name) for name in kind.asks),
                frozenset(self._threads.index(name) for name in kind.examines),
            )
            for kind in pack.visits.types
        }
        self._of_function = [book.threads[self._threads[each]].region == "function" for each in self._thread]
        self._family_terms = [
            i for i, term in enumerate(terms) if term.family_history and self._pools[i].noun
        ]
        self._gates: dict[int, frozenset[int]] = {}
        for rule in pack.stages.order:
            first = frozenset(index[term] for term in rule.first)
            for term in rule.then:
                self._gates[index[term]] = first

    def _names_of(self, terms: set[int]) -> frozenset[str]:
        """Return the ids of terms, and of their threads where no part of them is denied beside another."""
        whole = {self._thread[t] for t in terms if not self._partial[self._thread[t]]}
        return frozenset({self._ids[t] for t in terms} | {self._threads[thread] for thread in whole})

    def index(self, terms: Sequence[str]) -> list[int]:
        """Return the places of terms."""
        return [self._index[term] for term in terms]

    def plan(
        self,
        mean: float,
        cumulated: list[float],
        visit: VisitSymptoms,
        memory: SymptomMemory,
        rng: random.Random,
    ) -> MentionPlan:
        """Plan one note's mentions.

        Args:
            mean: mentions that notes of its kind and year hold on average.
            cumulated: cumulated shares of the domains.
            visit: that the note is of.
            memory: what was told before; updated.
            rng: the patient's generator.
        """
        shares = [high - low for low, high in pairwise((0.0, *cumulated))]
        owed = memory.owed = memory.owed or [_AT_FIRST * mean * share for share in shares]
        for d, share in enumerate(shares):
            owed[d] = max(-_MOST_OWED, min(_MOST_OWED, owed[d] + mean * share))
        memory.due = mean * _AT_FIRST if memory.due is None else memory.due
        memory.due = min(memory.due + mean, _MOST_DUE * mean)
        there = visit.symptoms.active(visit.years_before, visit.year_bin).tolist()
        draft = _Draft(
            MentionPlan(),
            visit,
            memory,
            rng,
            {t for t, is_there in enumerate(there) if is_there and self._is_open(t, memory.told)},
            self._names_of({t for t, is_there in enumerate(there) if is_there} | memory.told | memory.spoken),
        )
        due = max(0.0, memory.due)
        wanted = due * (_APART_TAKES if visit.apart else rng.choice(_SPREAD))
        wanted = 0.0 if visit.urgent else min(wanted, 1.9 * mean + 2)
        negated = min(_MOST_DENIED, visit.kind.negated * _DENIED_TOGETHER)
        self._affirm(draft, wanted * (1 - negated), visit.most_threads + int(due / _MORE_PROBLEMS))
        self._tell_rest(draft, wanted, there)
        asked = max(_DENIED_AT_MOST, int(_DENSE_DENIED * mean))
        most = 0 if visit.urgent else _DENIED_APART if visit.apart else asked
        # Who has little to tell is asked more.
        short = max(0.0, wanted * (1 - negated) - len(draft.plan.mentions))
        denied = min(most, int(wanted * negated + _ASKED_INSTEAD * short + rng.random()))
        self._deny(draft, denied, there, 1 + int(mean // _MORE_SYSTEMS))
        memory.due -= len(draft.plan.mentions)
        memory.told |= draft.told_now
        memory.followed.setdefault(visit.kind.id, set()).update(
            name for name, each in draft.plan.threads.items() if each.assessed
        )
        return draft.plan

    # affirmed ------------------------------------------------------------------------------------

    def _affirm(self, draft: _Draft, wanted: float, most: int) -> None:
        """Take up problems until the note holds about what is wanted."""
        visit, rng = draft.visit, draft.rng
        left = wanted
        options = [
            name
            for name, terms in self._terms_of.items()
            if not terms.isdisjoint(draft.there)
            and name not in visit.touched
            and not (visit.apart and self._book.threads[name].region == "mental_status")
            and self._book.of_thread[name]
            and self._affinity(visit, name) >= (_LEAST_BESIDE if visit.apart else _LEAST_AFFINITY)
        ]
        taken = 0
        while options and taken < most:
            if left < 1.0 and not (taken == 0 and visit.needs_problem and not visit.apart):
                return
            weights = [self._worth(draft, name) for name in options]
            if taken == 0 and not visit.apart:
                own = [self._affinity(visit, name) >= _OWN_MATTER for name in options]
                if visit.of_disease and rng.random() < _SYNDROME_LEADS:
                    core = [
                        leads and self._book.threads[name].syndrome
                        for name, leads in zip(options, own, strict=True)
                    ]
                    own = core if any(core) else own
                if any(own):
                    weights = [weight * leads for weight, leads in zip(weights, own, strict=True)]
            if sum(weights) <= 0:
                return
            name = options.pop(rng.choices(range(len(options)), weights)[0])
            said = self._take_up(draft, name, left)
            if said:
                taken += 1
                left -= said

    def _worth(self, draft: _Draft, name: str) -> float:
        """Return how readily a note takes up a thread: by what is owed, and by what its clinic deals with."""
        visit, memory = draft.visit, draft.memory
        terms = self._terms_of[name] & draft.there
        owed = max(_LEAST_OWED, self._due(memory, name))
        affinity = self._affinity(visit, name)
        followed = _FOLLOWED if name in memory.followed.get(visit.kind.id, ()) else 1.0
        return owed * owed * affinity * followed * (0.5 + min(1.0, 0.25 * len(terms)))

    def _due(self, memory: SymptomMemory, name: str) -> float:
        """Return how much is owed of the domains that the lines of a thread speak of."""
        return sum(share * memory.owed[d] for d, share in self._speaks_of[name].items())

    def _affinity(self, visit: VisitSymptoms, name: str) -> float:
        return self._book.threads[name].affinity.get(visit.kind.id, 1.0)

    def _take_up(self, draft: _Draft, name: str, left: float) -> int:
        """Tell one problem; return how many mentions it took, 0 if nothing of it can be said."""
        visit, memory, rng = draft.visit, draft.memory, draft.rng
        scene = visit.scene
        pools, side = self._presentation(draft, name)
        if pools is None:
            return 0
        here_before = pools.id in memory.heard.get(visit.kind.id, ())
        told_before = not self._terms_of[name].isdisjoint(memory.told)
        status = self._status(draft, name, here_before, told_before)
        if name not in memory.began:
            memory.began[name] = max(
                float(visit.symptoms.onset[t]) for t in self._terms_of[name] & draft.there
            )
        months = max(1, int(12 * (memory.began[name] - visit.years_before)))
        this = ThreadPlan(name, pools.id, status, side, months)
        scene.status = status
        due = self._due(memory, name)
        # A problem of which much is owed is told at length.
        at_length = rng.choice((3.0, 4.0, 5.0, 6.0)) + max(0.0, due - 6)
        want = min(left, at_length, max(_LEAST_TOLD, due + 1, 0.5 * left))
        want = max(1.0, want)
        here_before = here_before and not visit.urgent
        lines = self._sayable(draft, pools.later if here_before else pools.history, status)
        opener = next((line for line in lines if self._term(draft, line) >= 0), None)
        if opener is None and here_before:
            lines = self._sayable(draft, pools.history, status)
            opener = next((line for line in lines if self._term(draft, line) >= 0), None)
        # What is told is weighed: a problem of which the setting has nothing to say in the end is left to others.
        weighing = [] if visit.urgent else self._weighing(draft, pools, status)
        if opener is None or not (weighing or visit.urgent):
            return 0
        memory.presentations[name] = (pools, side)
        for each in (*pools.name, *pools.reason):
            memory.spoken.update(each.terms)
            memory.touched.update(self._book.touched(each))
        memory.heard.setdefault(visit.kind.id, set()).add(pools.id)
        examined = [
            line for line in self._sayable(draft, pools.exam, status) if line.terms or rng.random() < 0.7
        ]
        leads = not draft.plan.threads
        chance = 0.0 if visit.apart else 1.0 if leads else _EXAMINED
        look = bool(examined) and rng.random() < chance
        weigh = not visit.urgent
        further = lines[lines.index(opener) + 1 :]
        tell = 1 if visit.urgent else max(1, round(want - look - weigh))
        chosen = self._further(draft, opener, further, tell - 1)
        for line in (opener, *chosen):
            self._say(draft, this, this.told, line, Role.TOLD)
        if look:
            for line in self._choose(draft, examined, 1 + (leads or want > 4)):
                self._say(draft, this, this.seen, line, Role.SEEN)
        if weigh:
            for line in self._choose(draft, weighing, 1):
                self._say(draft, this, this.assessed, line, Role.ASSESSED)
        draft.plan.threads[name] = this
        return sum(each.mention >= 0 for each in (*this.told, *this.seen, *this.assessed))

    def _weighing(self, draft: _Draft, pools: PresentationPools, status: str) -> list[ToldLine]:
        """Return lines of the assessment for a status, or where none fits, for another that is no lie."""
        for other in dict.fromkeys((status, "stable" if status != "new" else "new", "stable", "new")):
            found = self._sayable(draft, pools.assess[other], status)
            if found:
                return found
        return []

    def _presentation(self, draft: _Draft, name: str) -> tuple[PresentationPools | None, str]:
        """Return how a thread shows in the patient: as before, while that can still be so."""
        scene, rng = draft.visit.scene, draft.rng
        kept = draft.memory.presentations.get(name)
        if kept is not None and (kept[0].gate is None or kept[0].gate.opens(scene)):
            return kept
        options = [each for each in self._book.of_thread[name] if each.gate is None or each.gate.opens(scene)]
        if not options:
            return None, ""
        # One that its condition explains comes before one that would fit anybody.
        weights = [
            each.presentation.weight * (3.0 if each.gate is not None and each.gate.specific else 1.0)
            for each in options
        ]
        chosen = rng.choices(options, weights)[0]
        return chosen, rng.choice(("left", "right")) if chosen.presentation.side else ""

    def _status(self, draft: _Draft, name: str, here_before: bool, told_before: bool) -> str:
        if not here_before and not told_before:
            return "new"
        if draft.visit.apart:
            return "stable"
        thread = self._threads.index(name)
        tokens, rng = draft.visit.scene.tokens, draft.rng
        if self._book.threads[name].syndrome and "score_fell" in tokens and here_before:
            return "worse"
        if not here_before:
            return "new" if rng.random() < 0.6 else "stable"
        chance = rng.random()
        if chance < _TELLS_WORSE:
            return "worse"
        if chance > 1 - _TELLS_BETTER and not self._lasting[thread]:
            return "better"
        return "stable"

    def _sayable(self, draft: _Draft, lines: Iterable[ToldLine], status: str) -> list[ToldLine]:
        """Return the lines that fit the visit and tell nothing that the patient does not have."""
        scene = draft.visit.scene
        scene.status = status
        return [
            line
            for line in lines
            if line.can_be_said(scene)
            and (not line.terms or self._term(draft, line) >= 0)
            and (not line.denies or line.denies.isdisjoint(draft.not_deniable))
        ]

    def _term(self, draft: _Draft, line: ToldLine) -> int:
        """Return the term that a line is counted for, -1 if none: the first there is that its domain is owed."""
        found = [t for t in line.terms if t in draft.there]
        if not found:
            return -1
        owed = draft.memory.owed
        return next((t for t in found if owed[self._domain[t]] > 0), found[0])

    def _further(
        self, draft: _Draft, opener: ToldLine, lines: Sequence[ToldLine], count: int
    ) -> list[ToldLine]:
        """Return lines that go on with an account, in order, about so many of which tell a symptom."""
        telling = self._choose(
            draft, [line for line in lines if line.terms and not line.keep], count, [opener]
        )
        plain = [line for line in lines if not line.terms and not line.keep]
        others = 0 if draft.visit.apart else count + 1
        plain = self._choose(draft, plain, sum(draft.rng.random() < _PLAIN_LINES for _ in range(others)))
        kept = [] if draft.visit.urgent else self._choose(draft, [line for line in lines if line.keep], 1)
        chosen = {id(line) for line in (*telling, *plain, *kept)}
        return [line for line in lines if id(line) in chosen]

    def _choose(
        self, draft: _Draft, lines: Sequence[ToldLine], count: int, beside: Sequence[ToldLine] = ()
    ) -> list[ToldLine]:
        """Return some lines, those first that earlier notes did not tell, none that says what another says."""
        used, rng = draft.memory.used, draft.rng
        said = [self._book.words(line) for line in beside]
        left = list(lines)
        chosen: list[ToldLine] = []
        while left and len(chosen) < count:
            left = [line for line in left if not _alike(self._book.words(line), said)]
            if not left:
                break
            weights = [_USED ** min(3, used.get(line.place, 0)) for line in left]
            chosen.append(left.pop(rng.choices(range(len(left)), weights)[0]))
            said.append(self._book.words(chosen[-1]))
        return chosen

    def _say(self, draft: _Draft, this: ThreadPlan, place: list[Said], line: ToldLine, role: Role) -> None:
        memory, visit, mentions = draft.memory, draft.visit, draft.plan.mentions
        memory.used[line.place] = memory.used.get(line.place, 0) + 1
        memory.spoken.update(line.terms)
        t = self._term(draft, line)
        if t < 0:
            place.append(Said(line.place))
            return
        reporter = Reporter.CLINICIAN
        if role is Role.TOLD:
            reporter = Reporter.INFORMANT if line.by == "informant" else Reporter.PATIENT
        labels = self._labels[t]
        if reporter is Reporter.INFORMANT and visit.speaker == "family":
            labels = self._labels_by_informant[t]
        months = max(1, int(12 * (visit.symptoms.onset[t] - visit.years_before)))
        place.append(Said(line.place, len(mentions)))
        mentions.append(
            Mention(
                self._domain_id[t],
                self._ids[t],
                Polarity.AFFIRMED,
                reporter,
                labels,
                self._course(draft, t, months, this.status, role),
                min(1.0, max(0.05, 0.25 + 0.6 * visit.severity + draft.rng.uniform(-0.2, 0.25))),
                months,
                role,
            )
        )
        draft.told_now.add(t)
        memory.owed[self._domain[t]] -= 1

    def _course(self, draft: _Draft, t: int, months: int, status: str, role: Role) -> Course:
        if role is Role.ASSESSED:
            return Course.ONGOING
        if t not in draft.memory.told and t not in draft.told_now:
            return Course.NEW if months <= self._table.recent_months else Course.ONGOING
        if status == "worse" and self._persistent[t]:
            return Course.WORSE
        return Course.BETTER if status == "better" and not self._persistent[t] else Course.ONGOING

    def _is_open(self, t: int, told: set[int]) -> bool:
        gate = self._gates.get(t)
        return gate is None or not gate.isdisjoint(told)

    # past and family -----------------------------------------------------------------------------

    def _tell_rest(self, draft: _Draft, wanted: float, there: list[bool]) -> None:
        """Tell now and then of an episode that ended, or of a relative."""
        rng, table = draft.rng, self._table
        if rng.random() < table.historical * wanted:
            t = self._ended(there, draft)
            if t is not None:
                self._add(draft, draft.plan.past, t, Polarity.HISTORICAL, Reporter.PATIENT, Role.PAST)
        if draft.visit.family_history and self._family_terms and rng.random() < table.family * wanted:
            t = self._family_terms[int(rng.random() * len(self._family_terms))]
            self._add(draft, draft.plan.family, t, Polarity.FAMILY, Reporter.PATIENT, Role.FAMILY)

    def _ended(self, there: list[bool], draft: _Draft) -> int | None:
        """Return a term of a former episode, None if there is none."""
        told_threads = {self._threads.index(name) for name in draft.plan.threads}
        resting = [
            t
            for t in sorted(draft.memory.told)
            if not there[t] and self._pools[t].past and self._thread[t] not in told_threads
        ]
        return resting[int(draft.rng.random() * len(resting))] if resting else None

    def _add(
        self, draft: _Draft, place: list[int], t: int, polarity: Polarity, reporter: Reporter, role: Role
    ) -> None:
        labels = self._labels[t] if polarity is Polarity.HISTORICAL else ()
        place.append(len(draft.plan.mentions))
        draft.plan.mentions.append(
            Mention(self._domain_id[t], self._ids[t], polarity, reporter, labels, role=role)
        )
        draft.memory.owed[self._domain[t]] -= 1

    # denied --------------------------------------------------------------------------------------

    def _deny(self, draft: _Draft, count: int, there: list[bool], systems: int) -> None:
        """Add denials: what is pertinent to the problems told, then what this setting asks about."""
        visit, rng, owed = draft.visit, draft.rng, draft.memory.owed
        known, blocked = self._not_deniable(draft, there)
        kind = visit.kind
        asks, examines = self._asked[kind.id]
        pertinent = {
            t
            for each in draft.plan.threads.values()
            for t in self._book.presentations[each.presentation].asked
        }
        options = [
            t
            for t in range(len(self._ids))
            if self._thing[t] not in known
            and self._thread[t] not in blocked
            and self._denied_weights[t] > 0
            and (self._pools[t].intact or not self._of_function[t])
            and (
                self._may_ask(t, kind.id, asks)
                or (t in pertinent and kind.id in self._pools[t].denied_in)
                or (t in pertinent and self._may_look(t, kind.id, examines))
            )
        ]
        near = [t for t in options if t in pertinent]
        if near and systems == 1:
            options, count = near, min(count, len(near))
        weights = [
            self._denied_weights[t]
            * max(_LEAST_OWED, owed[self._domain[t]])
            * (_PERTINENT if t in pertinent else 1.0)
            for t in options
        ]
        clinician = kind.reporters[2] / sum(kind.reporters)
        themes: set[str] = set()
        while count and options and sum(weights) > 0:
            place = rng.choices(range(len(options)), weights)[0]
            t = options.pop(place)
            weights.pop(place)
            if t not in pertinent:
                # Beyond what belongs to the problems told, an organ system or two are asked about.
                if self._theme(t) not in themes and len(themes) == systems:
                    continue
                themes.add(self._theme(t))
            # Two names of one problem are not denied in one breath; two of its parts seldom are.
            again = _AGAIN_DENIED if self._partial[self._thread[t]] else 0.0
            weights = [
                weight * (again if self._thread[other] == self._thread[t] else 1.0)
                for other, weight in zip(options, weights, strict=True)
            ]
            examined = (
                t in pertinent
                and self._may_look(t, kind.id, examines)
                and (kind.id not in self._pools[t].denied_in or rng.random() < clinician)
            )
            self._add(
                draft,
                draft.plan.absent if examined else draft.plan.denied,
                t,
                Polarity.NEGATED,
                Reporter.CLINICIAN if examined else Reporter.PATIENT,
                Role.ABSENT if examined else Role.DENIED,
            )
            count -= 1

    def _theme(self, t: int) -> str:
        name = self._threads[self._thread[t]]
        return self._book.threads[name].asked_with or name

    def _not_deniable(self, draft: _Draft, there: list[bool]) -> tuple[set[int], set[int]]:
        """Return terms and threads that are or were there, are told now, or are lost by this stage."""
        visit, told = draft.visit, draft.memory.told | draft.memory.spoken
        present = {t for t, is_there in enumerate(there) if is_there}
        known = {self._thing[t] for t in told | present}
        threads = {self._thread[t] for t in present}
        threads.update(self._thread[t] for t in told if self._persistent[t] or self._lasting[self._thread[t]])
        blocked = {thread for thread in threads if not self._partial[thread]}
        blocked.update(
            self._threads.index(name)
            for name in (*visit.touched, *visit.happened, *draft.memory.touched, *draft.plan.threads)
        )
        stage = self._stages[visit.stage]
        blocked.update(thread for thread, lost in enumerate(self._lost_from) if stage >= lost)
        return known, blocked

    def _may_ask(self, t: int, note_type: str, asks: frozenset[int]) -> bool:
        return (not asks or self._thread[t] in asks) and note_type in self._pools[t].denied_in

    def _may_look(self, t: int, note_type: str, examines: frozenset[int]) -> bool:
        return self._thread[t] in examines and note_type in self._pools[t].absent_in


def _alike(words: frozenset[str], said: Sequence[frozenset[str]]) -> bool:
    """Return whether a line says what another says already: most of the words of the shorter of the two."""
    return any(
        len(words & each) >= _SAME_WORDS * min(len(words), len(each)) for each in said if words and each
    )


def _shares(domains: Iterable[int]) -> dict[int, float]:
    counts = Counter(domains)
    return {domain: count / counts.total() for domain, count in counts.items()}
