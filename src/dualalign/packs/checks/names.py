"""Names of stages, labels, terms, domains, tests, note types, factors and facts that stand for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dualalign.packs.checks.problem import Problem, one_of, problem_at

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Reference = tuple[str, tuple[Any, ...], str]
"""File stem, path of the field, the name that stands there."""


def unknown_names(pack: Pack) -> Iterator[Problem]:
    """Find every name that refers to something the pack does not have."""
    yield from _unknown(pack, "stage", [stage.id for stage in pack.stages.stages], _to_stages(pack))
    yield from _unknown(pack, "label scheme", [each.id for each in pack.labels.schemes], _to_schemes(pack))
    if any(scheme.id == pack.labels.default for scheme in pack.labels.schemes):
        labels = [label.id for label in pack.labels.scheme().labels]
        of_scheme = f"label of the scheme '{pack.labels.default}'"
        yield from _unknown(pack, of_scheme, labels, _to_labels(pack))
    yield from _unknown_in_examples(pack)
    yield from _unknown(pack, "term of the lexicon", pack.lexicon.terms(), _to_terms(pack))
    domains = [domain.id for domain in pack.lexicon.domains]
    yield from _unknown(pack, "domain of the lexicon", domains, _to_domains(pack))
    tests = [instrument.id for instrument in pack.instruments.instruments]
    yield from _unknown(pack, "instrument", tests, _to_instruments(pack))
    yield from _unknown(pack, "note type", [each.id for each in pack.visits.types], _to_note_types(pack))
    yield from _unknown(pack, "author style", _author_styles(pack), _to_authors(pack))
    yield from _unknown(pack, "factor", pack.factors.ids(), _to_factors(pack))
    yield from _unknown(pack, "fact", [fact.id for fact in pack.facts.facts], _to_facts(pack))
    yield from _unknown(pack, "tag", [tag.id for tag in pack.people.tags], _to_tags(pack))


def unknown_persona_names(pack: Pack) -> Iterator[Problem]:
    """Find factors, levels and tags in the persona files that stand for nothing."""
    from dualalign.personas.references import bad_references

    for stem, path, what in bad_references(pack):
        yield problem_at(pack, stem, path, what, "correct the name, or add it to the pack")


def _unknown(
    pack: Pack, kind: str, known: Iterable[str], references: Iterable[Reference]
) -> Iterator[Problem]:
    names = list(known)
    for stem, path, name in references:
        if name not in names:
            yield problem_at(pack, stem, path, f"'{name}' is no {kind}", one_of(name, names))


def _unknown_in_examples(pack: Pack) -> Iterator[Problem]:
    """Find worked examples of a scheme, or with labels, that the pack does not have."""
    schemes = {scheme.id: [label.id for label in scheme.labels] for scheme in pack.labels.schemes}
    for block in ("rules", "examples"):
        named = [("guideline", (block, scheme), scheme) for scheme in getattr(pack.guideline, block)]
        yield from _unknown(pack, "label scheme", schemes, named)
    for scheme, examples in pack.guideline.examples.items():
        references = [
            ("guideline", ("examples", scheme, i, "labels"), label)
            for i, example in enumerate(examples)
            for label in example.labels
        ]
        yield from _unknown(pack, f"label of the scheme '{scheme}'", schemes.get(scheme, []), references)


def _to_stages(pack: Pack) -> Iterator[Reference]:
    for d, domain in enumerate(pack.lexicon.domains):
        for t, term in enumerate(domain.terms):
            yield "lexicon", ("domains", d, "terms", t, "earliest"), term.earliest
    for i, drug in enumerate(pack.drugs.drugs):
        for stage in drug.stages:
            yield "drugs", ("drugs", i, "stages"), stage
    for f, fact in enumerate(pack.facts.facts):
        if fact.from_stage is not None:
            yield "facts", ("facts", f, "from_stage"), fact.from_stage
    for i, state in enumerate(pack.coherence.states):
        yield "coherence", ("states", i, "from_stage"), state.from_stage


def _to_schemes(pack: Pack) -> Iterator[Reference]:
    yield "labels", ("default",), pack.labels.default


def _to_labels(pack: Pack) -> Iterator[Reference]:
    if pack.labels.informant_label:
        yield "labels", ("informant_label",), pack.labels.informant_label
    for d, domain in enumerate(pack.lexicon.domains):
        for t, term in enumerate(domain.terms):
            for label in term.labels:
                yield "lexicon", ("domains", d, "terms", t, "labels"), label
    for i, instrument in enumerate(pack.instruments.instruments):
        for label in instrument.labels:
            yield "instruments", ("instruments", i, "labels"), label
    for f, fact in enumerate(pack.facts.facts):
        for label in fact.labels:
            yield "facts", ("facts", f, "labels"), label
    for block, besides in (
        ("findings", ""),
        ("functions", ""),
        ("exclusions", "any"),
        ("reliability", "none"),
    ):
        for label in getattr(pack.patterns, block):
            if label != besides:
                yield "patterns", (block, label), label


def _to_terms(pack: Pack) -> Iterator[Reference]:
    for d, domain in enumerate(pack.lexicon.domains):
        for t, each in enumerate(domain.terms):
            if each.same_as is not None:
                yield "lexicon", ("domains", d, "terms", t, "same_as"), each.same_as
    for o, order in enumerate(pack.stages.order):
        for side in ("first", "then"):
            for term in getattr(order, side):
                yield "stages", ("order", o, side), term
    for i, term in enumerate(pack.mentions.mood_terms):
        yield "mentions", ("mood_terms", i), term
    for f, fact in enumerate(pack.facts.facts):
        for term in fact.terms:
            yield "facts", ("facts", f, "terms"), term
    for i, claim in enumerate(pack.coherence.claims):
        for term in claim.denies:
            yield "coherence", ("claims", i, "denies"), term


def _to_domains(pack: Pack) -> Iterator[Reference]:
    for domain in pack.mentions.domain_ratios:
        yield "mentions", ("domain_ratios", domain), domain
    for v, kind in enumerate(pack.visits.types):
        for domain in kind.domains:
            yield "visits", ("types", v, "domains", domain), domain


def _to_instruments(pack: Pack) -> Iterator[Reference]:
    yield "stages", ("course", "anchor"), pack.stages.course.anchor
    for name in pack.stages.course.derived:
        yield "stages", ("course", "derived", name), name
    for s, stage in enumerate(pack.stages.stages):
        for name in stage.scores:
            yield "stages", ("stages", s, "scores", name), name
    for v, kind in enumerate(pack.visits.types):
        for name in kind.tests:
            yield "visits", ("types", v, "tests", name), name


def _to_note_types(pack: Pack) -> Iterator[Reference]:
    for i, name in enumerate(pack.visits.prescribers):
        yield "visits", ("prescribers", i), name


def _author_styles(pack: Pack) -> list[str]:
    return sorted({style for layout in pack.layouts.layouts.values() for style in layout.sections})


def _to_authors(pack: Pack) -> Iterator[Reference]:
    for v, kind in enumerate(pack.visits.types):
        for author in kind.authors:
            yield "visits", ("types", v, "authors", author), author


def _to_factors(pack: Pack) -> Iterator[Reference]:
    if pack.mentions.family > 0:
        yield "mentions", ("family_factor",), pack.mentions.family_factor
    for f, fact in enumerate(pack.facts.facts):
        for factor in fact.when.factors:
            yield "facts", ("facts", f, "when", factor), factor


def _to_facts(pack: Pack) -> Iterator[Reference]:
    for f, fact in enumerate(pack.facts.facts):
        if fact.until is not None:
            yield "facts", ("facts", f, "until"), fact.until


def _to_tags(pack: Pack) -> Iterator[Reference]:
    for f, fact in enumerate(pack.facts.facts):
        for field in ("tags", "without"):
            for tag in getattr(fact.when, field) or ():
                yield "facts", ("facts", f, "when", field), tag
