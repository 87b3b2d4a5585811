"""What a note must say: how many mentions, of which domain and term, how asserted and by whom."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from dualalign.trajectories.plan import Course, Mention, Polarity, Reporter

if TYPE_CHECKING:
    import random

    from numpy.typing import NDArray

    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.lexicon import Term
    from dualalign.packs.schema.visits import VisitType
    from dualalign.trajectories.symptoms import SymptomCourse


class MentionPlanner:
    """Plans mentions for a pack and density.

    Args:
        pack: a loaded pack.
        density: multiplier on the table of mentions per note.
    """

    _NEGATED_PER_SENTENCE = 1.5
    """Denials share sentences, so a given share of negated sentences needs a larger share of negated mentions."""

    def __init__(self, pack: Pack, density: float) -> None:
        table = pack.mentions
        self._means = {year: mean * density for year, mean in table.per_note.items()}
        self._control_mean = table.controls_per_note * density
        shares = table.domain_shares()
        self._domains = list(shares)
        self._cumulated = list(accumulate(shares.values()))
        self._terms: list[Term] = list(pack.lexicon.terms().values())
        index = {term.id: i for i, term in enumerate(self._terms)}
        by_domain = {d.id: [index[t.id] for t in d.terms] for d in pack.lexicon.domains}
        self._by_domain = [by_domain[domain] for domain in self._domains]
        self._weights = [term.weight for term in self._terms]
        self._denied_weights = [term.weight * term.denied for term in self._terms]
        self._persistent = [term.course == "persistent" for term in self._terms]
        self._labels = [tuple(term.labels) for term in self._terms]
        informant = pack.labels.informant_label
        self._labels_by_informant = [
            tuple(term.labels) + ((informant,) if informant else ()) for term in self._terms
        ]
        self._family_terms = [i for i, term in enumerate(self._terms) if term.family_history]
        self._domain_of = {
            index[term.id]: domain.id for domain in pack.lexicon.domains for term in domain.terms
        }
        # Terms that name one thing share a number, so that none is denied once another was told.
        names = [term.same_as or term.id for term in self._terms]
        self._thing = [index[name] for name in names]
        self._table = table
        self._gates: dict[int, frozenset[int]] = {}
        for rule in pack.stages.order:
            first = frozenset(index[term] for term in rule.first)
            for term in rule.then:
                self._gates[index[term]] = first

    def mean(self, year_bin: int, is_case: bool) -> float:
        """Return the mean number of mentions in a note of that year."""
        return float(self._means[year_bin] if is_case else self._control_mean)

    def plan(
        self,
        count: int,
        kind: VisitType,
        years_before: float,
        year_bin: int,
        severity: float,
        symptoms: SymptomCourse,
        told: set[int],
        has_informant: bool,
        informant_is_family: bool,
        family_history: bool,
        rng: random.Random,
    ) -> tuple[Mention, ...]:
        """Plan one note's mentions.

        Args:
            count: mentions wanted.
            kind: the visit's note type.
            years_before: years from the visit to the index date.
            year_bin: whole year of the visit, from 1.
            severity: latent severity at the visit.
            symptoms: the patient's symptom courses.
            told: terms affirmed in earlier notes; updated.
            has_informant: whether somebody came along.
            informant_is_family: False for paid staff, whose reports earn no informant label.
            family_history: whether the patient has affected relatives.
            rng: the patient's generator.
        """
        active: NDArray[np.bool_] = symptoms.active(years_before, year_bin)
        there = active.tolist()
        thing = self._thing
        known = {thing[t] for t in told}
        known.update(thing[t] for t, is_there in enumerate(there) if is_there)
        random_ = rng.random
        negated_share = min(0.6, kind.negated * self._NEGATED_PER_SENTENCE)
        patient, informant, clinician = kind.reporters
        if not has_informant:
            informant = 0.0
        reporters = (patient, patient + informant, patient + informant + clinician)
        used: set[int] = set()
        said_now: set[int] = set()
        mentions: list[Mention] = []
        for _ in range(count):
            domain = min(bisect(self._cumulated, random_()), len(self._domains) - 1)
            chance = random_()
            if family_history and chance < self._table.family:
                mentions.append(self._family(domain, rng))
                continue
            point = random_() * reporters[2]
            reporter = (
                Reporter.PATIENT
                if point < reporters[0]
                else Reporter.INFORMANT
                if point < reporters[1]
                else Reporter.CLINICIAN
            )
            negate = random_() < negated_share
            term = self._choose(domain, there, known, used, told, said_now, negate, rng)
            if term is None:
                negate = not negate
                term = self._choose(domain, there, known, used, told, said_now, negate, rng)
            if term is None:
                term, negate = self._repeat(domain, there, known, told, said_now, rng)
            used.add(term)
            if negate:
                mentions.append(
                    Mention(self._domain_of[term], self._terms[term].id, Polarity.NEGATED, reporter, ())
                )
                continue
            labels = self._labels[term]
            if reporter is Reporter.INFORMANT and informant_is_family:
                labels = self._labels_by_informant[term]
            resting = not there[term]
            if resting or (not self._persistent[term] and random_() < self._table.historical):
                mentions.append(
                    Mention(
                        self._domain_of[term], self._terms[term].id, Polarity.HISTORICAL, reporter, labels
                    )
                )
                continue
            months = max(1, int(12 * (symptoms.onset[term] - years_before)))
            mentions.append(
                Mention(
                    self._domain_of[term],
                    self._terms[term].id,
                    Polarity.AFFIRMED,
                    reporter,
                    labels,
                    self._course(term, months, term in told or term in said_now, rng),
                    min(1.0, max(0.05, 0.25 + 0.6 * severity + rng.uniform(-0.2, 0.25))),
                    months,
                )
            )
            said_now.add(term)
        told |= said_now
        return tuple(mentions)

    def _choose(
        self,
        domain: int,
        there: list[bool],
        known: set[int],
        used: set[int],
        told: set[int],
        said_now: set[int],
        negate: bool,
        rng: random.Random,
    ) -> int | None:
        """Return a term of the domain that can be asserted that way and was not used yet, None if there is none."""
        if negate:
            options = [t for t in self._by_domain[domain] if t not in used and self._thing[t] not in known]
        else:
            options = [
                t
                for t in self._by_domain[domain]
                if there[t] and t not in used and self._open(t, told, said_now)
            ]
        if not options:
            return None
        weights = self._denied_weights if negate else self._weights
        cumulated = list(accumulate(weights[t] for t in options))
        return options[min(bisect(cumulated, rng.random() * cumulated[-1]), len(options) - 1)]

    def _repeat(
        self,
        domain: int,
        there: list[bool],
        known: set[int],
        told: set[int],
        said_now: set[int],
        rng: random.Random,
    ) -> tuple[int, bool]:
        """Return a term to be told twice in the note, and whether it is negated."""
        terms = self._by_domain[domain]
        affirmed = [t for t in terms if there[t] and self._open(t, told, said_now)]
        if affirmed:
            return rng.choice(affirmed), False
        absent = [t for t in terms if self._thing[t] not in known and self._denied_weights[t] > 0]
        if absent:
            return rng.choices(absent, [self._denied_weights[t] for t in absent])[0], True
        # Every term of the domain is an episodic one that was told before and rests now: it is history.
        return rng.choice([t for t in terms if t in told] or terms), False

    def _open(self, term: int, told: set[int], said_now: set[int]) -> bool:
        gate = self._gates.get(term)
        return gate is None or not gate.isdisjoint(told) or not gate.isdisjoint(said_now)

    def _course(self, term: int, months: int, told: bool, rng: random.Random) -> Course:
        if not told:
            return Course.NEW if months <= self._table.recent_months else Course.ONGOING
        chance = rng.random()
        if self._persistent[term]:
            return Course.WORSE if chance < self._table.worse else Course.ONGOING
        return Course.BETTER if chance < self._table.better else Course.ONGOING

    def _family(self, domain: int, rng: random.Random) -> Mention:
        term = rng.choice(
            [t for t in self._family_terms if t in self._by_domain[domain]] or self._family_terms
        )
        return Mention(self._domain_of[term], self._terms[term].id, Polarity.FAMILY, Reporter.PATIENT, ())
