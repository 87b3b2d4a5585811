"""What a note says of symptoms: which terms, how asserted, by whom, and where in the note."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dualalign.trajectories.plan import Course, Mention, Polarity, Reporter, Role

if TYPE_CHECKING:
    import random

    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.visits import VisitType
    from dualalign.passages.book import Book
    from dualalign.trajectories.symptoms import SymptomCourse

_DENIED_TOGETHER = 1.6
"""Denials share sentences, so a given share of negated sentences needs a larger share of negated mentions."""
_MOST_DENIED = 0.62
_INFORMANTS_TELL = 1.5
"""Whoever comes along tells this much more than the shares over all visits say."""
_LOOKED_FOR = 0.7
"""Chance that what a visit deals with is also examined."""
_SAME_TOLD, _SAME_DENIED = 0.72, 0.55
"""Chance that a mention is of a domain that the note speaks of already."""
_AGAIN_DENIED = 0.15
"""How much less a term is denied once another of its problem is."""
_APT = 0.5
"""Least affinity of a thread that a setting's assessment takes up."""


@dataclass(slots=True)
class ThreadPlan:
    """What a note says of one thread; lists hold places in the plan's mentions."""

    thread: str
    told: list[int] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    assessed: list[int] = field(default_factory=list)

    def at(self, role: Role) -> list[int]:
        """Return the places of what is told, seen or assessed."""
        return self.seen if role is Role.SEEN else self.assessed if role is Role.ASSESSED else self.told


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
        followed: note type -> threads that its clinicians deal with.
    """

    told: set[int] = field(default_factory=set)
    followed: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VisitSymptoms:
    """The visit whose mentions are planned, and how the patient is then.

    Args:
        kind: the visit's note type.
        years_before: years from the visit to the index date.
        year_bin: whole year of the visit, from 1.
        stage: of the disease.
        severity: latent severity.
        symptoms: the patient's symptom courses.
        speaker: who came along: `family`, `professional` or empty.
        family_history: whether a relative had the disease.
        most_focus: threads that the assessment restates at most.
        apart: whether the visit is for a complaint, so that symptoms are told beside it and hardly looked for.
        touched: threads that the complaint speaks of, which are not denied.
    """

    kind: VisitType
    years_before: float
    year_bin: int
    stage: str
    severity: float
    symptoms: SymptomCourse
    speaker: str
    family_history: bool
    most_focus: int
    apart: bool
    touched: frozenset[str]


@dataclass(slots=True)
class _Draft:
    """A note's mentions while they are planned."""

    plan: MentionPlan
    visit: VisitSymptoms
    memory: SymptomMemory
    rng: random.Random
    told_now: set[int] = field(default_factory=set)


class MentionPlanner:
    """Plans mentions for a pack.

    Args:
        pack: a loaded pack.
        book: its material.
    """

    def __init__(self, pack: Pack, book: Book) -> None:
        table = pack.mentions
        self._table = table
        self._terms = list(pack.lexicon.terms().values())
        index = {term.id: i for i, term in enumerate(self._terms)}
        self._ids = [term.id for term in self._terms]
        self._pools = [book.terms[term.id] for term in self._terms]
        self._domain_id = ["" for _ in self._terms]
        self._domain = [0 for _ in self._terms]
        self._by_domain: list[list[int]] = []
        for d, domain in enumerate(table.domain_shares()):
            found = next(each for each in pack.lexicon.domains if each.id == domain)
            self._by_domain.append([index[term.id] for term in found.terms])
            for term in found.terms:
                self._domain[index[term.id]], self._domain_id[index[term.id]] = d, domain
        self._weights = [term.weight for term in self._terms]
        self._denied_weights = [term.weight * term.denied for term in self._terms]
        self._persistent = [term.course == "persistent" for term in self._terms]
        informant = pack.labels.informant_label
        self._labels = [tuple(term.labels) for term in self._terms]
        self._labels_by_informant = [
            tuple(term.labels) + ((informant,) if informant else ()) for term in self._terms
        ]
        self._thing = [index[term.same_as or term.id] for term in self._terms]
        self._threads = list(book.threads)
        self._thread = [self._threads.index(book.thread_of[term]) for term in self._ids]
        self._lasting = [
            2 * sum(p for p, of in zip(self._persistent, self._thread, strict=True) if of == thread)
            > self._thread.count(thread)
            for thread in range(len(self._threads))
        ]
        self._partial = [book.threads[name].thread.partial for name in self._threads]
        self._lost_from = [
            book.stages.get(book.threads[name].thread.lost_from, len(book.stages)) for name in self._threads
        ]
        self._stages = book.stages
        self._affinity = {
            kind.id: [book.threads[name].thread.affinity.get(kind.id, 1.0) for name in self._threads]
            for kind in pack.visits.types
        }
        self._asked = {
            kind.id: (
                frozenset(self._threads.index(name) for name in kind.asks),
                frozenset(self._threads.index(name) for name in kind.examines),
            )
            for kind in pack.visits.types
        }
        self._family_terms = [
            i for i, term in enumerate(self._terms) if term.family_history and self._pools[i].noun
        ]
        self._gates: dict[int, frozenset[int]] = {}
        for rule in pack.stages.order:
            first = frozenset(index[term] for term in rule.first)
            for term in rule.then:
                self._gates[index[term]] = first
        self._index = index

    def index(self, terms: Sequence[str]) -> list[int]:
        """Return the places of terms."""
        return [self._index[term] for term in terms]

    def plan(
        self,
        count: int,
        cumulated: list[float],
        visit: VisitSymptoms,
        memory: SymptomMemory,
        rng: random.Random,
    ) -> MentionPlan:
        """Plan one note's mentions.

        Args:
            count: mentions wanted.
            cumulated: cumulated shares of the domains.
            visit: that the note is of.
            memory: what was told before; updated.
            rng: the patient's generator.
        """
        kind = visit.kind
        plan = MentionPlan()
        there = visit.symptoms.active(visit.years_before, visit.year_bin).tolist()
        told = memory.told
        thing, thread_of = self._thing, self._thread
        known = {thing[t] for t in told}
        known.update(thing[t] for t, is_there in enumerate(there) if is_there)
        known_threads = {thread_of[t] for t, is_there in enumerate(there) if is_there}
        known_threads.update(thread_of[t] for t in told if self._persistent[t] or self._lasting[thread_of[t]])
        random_ = rng.random
        domains = len(cumulated)
        affirmed, denied = [0] * domains, [0] * domains
        negated = min(_MOST_DENIED, kind.negated * _DENIED_TOGETHER)
        urns: tuple[list[int], list[int]] = ([], [])
        for _ in range(count):
            deny = random_() < negated
            domain = self._drawn_domain(cumulated, urns[deny], deny, rng)
            if visit.family_history and random_() < self._table.family:
                self._add_family(plan, domain, rng)
            elif (
                random_() < self._table.historical
                and (t := self._ended(domain, there, told, plan, rng)) is not None
            ):
                self._add_past(plan, t)
            elif deny:
                denied[domain] += 1
            else:
                affirmed[domain] += 1
        open_terms = [
            t
            for t, is_there in enumerate(there)
            if is_there and self._is_open(t, told) and self._sayable(t, kind.id, visit.speaker)
        ]
        for d in range(domains):
            if affirmed[d] and not any(self._domain[t] == d for t in open_terms):
                denied[d] += affirmed[d]
                affirmed[d] = 0
        blocked = {thread for thread in known_threads if not self._partial[thread]}
        blocked.update(self._threads.index(name) for name in visit.touched)
        blocked.update(
            thread for thread, lost in enumerate(self._lost_from) if self._stages[visit.stage] >= lost
        )
        for d in range(domains):
            if denied[d]:
                left = self._deny(plan, d, denied[d], known, blocked, kind, rng)
                if left and any(self._domain[t] == d for t in open_terms):
                    affirmed[d] += left
                elif left:
                    self._last_resort(plan, d, left, there, known, blocked, told, kind, rng)
        self._affirm(_Draft(plan, visit, memory, rng), affirmed, open_terms)
        return plan

    def _drawn_domain(self, cumulated: list[float], urn: list[int], deny: bool, rng: random.Random) -> int:
        """Return a domain; what a note spoke of before is spoken of again, which leaves the shares over all notes as they are."""
        if urn and rng.random() < (_SAME_DENIED if deny else _SAME_TOLD):
            domain = urn[int(rng.random() * len(urn))]
        else:
            domain = min(bisect(cumulated, rng.random()), len(cumulated) - 1)
        urn.append(domain)
        return domain

    # affirmed ------------------------------------------------------------------------------------

    def _affirm(self, draft: _Draft, left: list[int], open_terms: list[int]) -> None:
        plan, kind, memory, rng = draft.plan, draft.visit.kind, draft.memory, draft.rng
        apart, most_focus, told_now = draft.visit.apart, draft.visit.most_focus, draft.told_now
        by_thread: dict[int, list[int]] = {}
        for t in open_terms:
            by_thread.setdefault(self._thread[t], []).append(t)
        examine = 0.15 if apart else 1.0
        affinity, followed = self._affinity[kind.id], memory.followed.get(kind.id, ())
        used: set[int] = set()
        things: set[int] = set()
        thing = self._thing
        focused = 0
        while any(left):
            options = []
            weights = []
            for thread, terms in by_thread.items():
                room = [t for t in terms if left[self._domain[t]] and t not in used]
                if room:
                    options.append((thread, room))
                    weight = max(self._weights[t] for t in room) + 0.3 * sum(self._weights[t] for t in room)
                    weights.append(
                        weight * affinity[thread] * (2.5 if self._threads[thread] in followed else 1.0)
                    )
            if not options:
                self._repeat(draft, left, by_thread)
                break
            thread, room = rng.choices(options, weights)[0]
            name = self._threads[thread]
            threads = plan.threads
            budget = sum(left[d] for d in {self._domain[t] for t in room})
            # A problem takes up several of a note's mentions: told, found, and weighed again.
            take = min(budget, rng.choices((1, 2, 3, 4, 5, 6), (0.08, 0.16, 0.26, 0.24, 0.16, 0.1))[0])
            this = threads.get(name)
            if this is None:
                this = threads[name] = ThreadPlan(name)
            apt = affinity[thread] >= _APT
            focus = bool(this.assessed) or (apt and focused < most_focus and take > 1)
            taken = 0
            while taken < take:
                choices = [t for t in room if t not in used and left[self._domain[t]]]
                # One thing is told under one name: its other names are for the examination.
                fresh = [t for t in choices if thing[t] not in things]
                weighed = {thing[self._index[plan.mentions[i].term]] for i in this.assessed}
                restate = [
                    t
                    for t in told_now
                    if self._thread[t] == thread
                    and left[self._domain[t]]
                    and self._pools[t].noun
                    and thing[t] not in weighed
                ]
                if focus and not this.assessed and restate and taken:
                    t = restate[int(rng.random() * len(restate))]
                    self._add(draft, this, t, Role.ASSESSED, Reporter.CLINICIAN)
                    focused += 1
                elif options_now := fresh or [t for t in choices if kind.id in self._pools[t].seen_in]:
                    t = rng.choices(options_now, [self._weights[t] for t in options_now])[0]
                    role, reporter = self._how(draft, t, examine)
                    looked_for = focus and this.told and not this.seen and rng.random() < _LOOKED_FOR
                    if (not fresh or (looked_for and not apart)) and kind.id in self._pools[t].seen_in:
                        role, reporter = Role.SEEN, Reporter.CLINICIAN
                    things.add(thing[t])
                    if role is Role.ASSESSED:
                        if not focus and focused < most_focus:
                            focus = True
                        focused += not this.assessed
                    self._add(draft, this, t, role, reporter)
                    used.add(t)
                elif restate and this.assessed and len(this.assessed) < 3:
                    t = restate[int(rng.random() * len(restate))]
                    self._add(draft, this, t, Role.ASSESSED, Reporter.CLINICIAN)
                else:
                    used.update(choices)
                    break
                left[self._domain[t]] -= 1
                taken += 1
        memory.told |= told_now
        memory.followed.setdefault(kind.id, set()).update(
            name for name, each in plan.threads.items() if each.assessed
        )

    def _how(self, draft: _Draft, t: int, examine: float) -> tuple[Role, Reporter]:
        """Return where a term is said and by whom, among what its material and the visit allow."""
        pools, kind, speaker, rng = self._pools[t], draft.visit.kind, draft.visit.speaker, draft.rng
        patient, informant, clinician = kind.reporters
        apt = self._affinity[kind.id][self._thread[t]] >= _APT
        chances = (
            patient if pools.by_patient else 0.0,
            _INFORMANTS_TELL * informant if speaker and pools.by_informant else 0.0,
            (examine if apt else 0.25 * examine) * clinician if kind.id in pools.seen_in else 0.0,
        )
        point = rng.random() * sum(chances)
        if sum(chances) == 0:
            return Role.ASSESSED, Reporter.CLINICIAN
        if point < chances[0]:
            return Role.TOLD, Reporter.PATIENT
        if point < chances[0] + chances[1]:
            return Role.TOLD, Reporter.INFORMANT
        return Role.SEEN, Reporter.CLINICIAN

    def _sayable(self, t: int, note_type: str, speaker: str) -> bool:
        pools = self._pools[t]
        return pools.by_patient or (bool(speaker) and pools.by_informant) or note_type in pools.seen_in

    def _repeat(self, draft: _Draft, left: list[int], by_thread: dict[int, list[int]]) -> None:
        """Say again what was said, where a domain has nothing else: found on examination, or weighed."""
        plan, kind, rng = draft.plan, draft.visit.kind, draft.rng
        for d, count in enumerate(left):
            terms = [t for terms in by_thread.values() for t in terms if self._domain[t] == d]
            for _ in range(count):
                # What was said least is said again.
                said_of = [sum(m.term == self._ids[t] for m in plan.mentions) + rng.random() for t in terms]
                t = terms[said_of.index(min(said_of))]
                this = plan.threads.setdefault(
                    self._threads[self._thread[t]], ThreadPlan(self._threads[self._thread[t]])
                )
                said = [self._thing[self._index[plan.mentions[i].term]] for i in this.assessed]
                told_things = {self._thing[self._index[plan.mentions[i].term]] for i in this.told}
                apt = self._affinity[kind.id][self._thread[t]] >= _APT
                if (
                    apt
                    and self._thing[t] not in said
                    and self._pools[t].noun
                    and len(said) < 4
                    and (this.told or this.seen)
                ):
                    role, reporter = Role.ASSESSED, Reporter.CLINICIAN
                else:
                    role, reporter = self._how(draft, t, 1.0)
                    if self._thing[t] in told_things and kind.id in self._pools[t].seen_in:
                        role, reporter = Role.SEEN, Reporter.CLINICIAN
                self._add(draft, this, t, role, reporter)
            left[d] = 0

    def _add(self, draft: _Draft, thread: ThreadPlan, t: int, role: Role, reporter: Reporter) -> None:
        visit, mentions, rng = draft.visit, draft.plan.mentions, draft.rng
        labels = self._labels[t]
        if reporter is Reporter.INFORMANT and visit.speaker == "family":
            labels = self._labels_by_informant[t]
        months = max(1, int(12 * (visit.symptoms.onset[t] - visit.years_before)))
        course = Course.ONGOING
        if role is not Role.ASSESSED:
            course = self._course(t, months, t in draft.memory.told or t in draft.told_now, rng)
        thread.at(role).append(len(mentions))
        mentions.append(
            Mention(
                self._domain_id[t],
                self._ids[t],
                Polarity.AFFIRMED,
                reporter,
                labels,
                course,
                min(1.0, max(0.05, 0.25 + 0.6 * visit.severity + rng.uniform(-0.2, 0.25))),
                months,
                role,
            )
        )
        draft.told_now.add(t)

    def _course(self, t: int, months: int, told: bool, rng: random.Random) -> Course:
        if not told:
            return Course.NEW if months <= self._table.recent_months else Course.ONGOING
        chance = rng.random()
        if self._persistent[t]:
            return Course.WORSE if chance < self._table.worse else Course.ONGOING
        return Course.BETTER if chance < self._table.better else Course.ONGOING

    def _is_open(self, t: int, told: set[int]) -> bool:
        gate = self._gates.get(t)
        return gate is None or not gate.isdisjoint(told)

    # denied --------------------------------------------------------------------------------------

    def _deny(
        self,
        plan: MentionPlan,
        domain: int,
        count: int,
        known: set[int],
        blocked: set[int],
        kind: VisitType,
        rng: random.Random,
    ) -> int:
        """Add denials of one domain; return how many found no term."""
        asks, examines = self._asked[kind.id]
        options = [
            t
            for t in self._by_domain[domain]
            if self._thing[t] not in known
            and self._thread[t] not in blocked
            and (self._may_ask(t, kind.id, asks) or self._may_look(t, kind.id, examines))
        ]
        # Two names of one problem are seldom denied in one breath.
        asked = {self._thread[self._index[plan.mentions[i].term]] for i in (*plan.denied, *plan.absent)}
        weights = [
            self._denied_weights[t] * (_AGAIN_DENIED if self._thread[t] in asked else 1.0) for t in options
        ]
        clinician = kind.reporters[2] / sum(kind.reporters)
        while count and options and sum(weights) > 0:
            place = rng.choices(range(len(options)), weights)[0]
            t = options.pop(place)
            weights.pop(place)
            if not self._partial[self._thread[t]]:
                weights = [
                    weight * (_AGAIN_DENIED if self._thread[other] == self._thread[t] else 1.0)
                    for other, weight in zip(options, weights, strict=True)
                ]
            examined = self._may_look(t, kind.id, examines) and (
                not self._may_ask(t, kind.id, asks) or rng.random() < clinician
            )
            role = Role.ABSENT if examined else Role.DENIED
            reporter = Reporter.CLINICIAN if examined else Reporter.PATIENT
            (plan.absent if examined else plan.denied).append(len(plan.mentions))
            plan.mentions.append(
                Mention(self._domain_id[t], self._ids[t], Polarity.NEGATED, reporter, (), role=role)
            )
            count -= 1
        return count

    def _may_ask(self, t: int, note_type: str, asks: frozenset[int]) -> bool:
        return (not asks or self._thread[t] in asks) and note_type in self._pools[t].denied_in

    def _may_look(self, t: int, note_type: str, examines: frozenset[int]) -> bool:
        return self._thread[t] in examines and note_type in self._pools[t].absent_in

    def _last_resort(
        self,
        plan: MentionPlan,
        domain: int,
        count: int,
        there: list[bool],
        known: set[int],
        blocked: set[int],
        told: set[int],
        kind: VisitType,
        rng: random.Random,
    ) -> None:
        """Where a domain has nothing to affirm and nothing new to deny: a former episode, or a denial said twice; else nothing."""
        deniable = [
            t
            for t in self._by_domain[domain]
            if self._thing[t] not in known
            and self._thread[t] not in blocked
            and (self._pools[t].denied or self._pools[t].absent)
        ]
        for _ in range(count):
            ended = self._ended(domain, there, told, plan, rng)
            if ended is not None:
                self._add_past(plan, ended)
            elif deniable:
                t = rng.choice(deniable)
                examined = not self._pools[t].denied
                (plan.absent if examined else plan.denied).append(len(plan.mentions))
                plan.mentions.append(
                    Mention(
                        self._domain_id[t],
                        self._ids[t],
                        Polarity.NEGATED,
                        Reporter.CLINICIAN if examined else Reporter.PATIENT,
                        (),
                        role=Role.ABSENT if examined else Role.DENIED,
                    )
                )

    def _ended(
        self, domain: int, there: list[bool], told: set[int], plan: MentionPlan, rng: random.Random
    ) -> int | None:
        """Return a term of a former episode that the note does not tell yet, None if there is none."""
        said = {self._thing[self._index[plan.mentions[i].term]] for i in plan.past}
        resting = [
            t
            for t in self._by_domain[domain]
            if t in told and not there[t] and self._pools[t].past and self._thing[t] not in said
        ]
        return resting[int(rng.random() * len(resting))] if resting else None

    def _add_past(self, plan: MentionPlan, t: int) -> None:
        plan.past.append(len(plan.mentions))
        plan.mentions.append(
            Mention(
                self._domain_id[t],
                self._ids[t],
                Polarity.HISTORICAL,
                Reporter.PATIENT,
                self._labels[t],
                role=Role.PAST,
            )
        )

    def _add_family(self, plan: MentionPlan, domain: int, rng: random.Random) -> None:
        terms = [t for t in self._family_terms if self._domain[t] == domain] or self._family_terms
        t = rng.choice(terms)
        plan.family.append(len(plan.mentions))
        plan.mentions.append(
            Mention(self._domain_id[t], self._ids[t], Polarity.FAMILY, Reporter.PATIENT, (), role=Role.FAMILY)
        )
