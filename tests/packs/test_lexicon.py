"""The shipped lexicon is the published list, and every term of it can be planned, labelled and said."""

from __future__ import annotations

from collections import Counter

from dualalign.packs import Pack

# Appendix of Li, Wang, Yu, DualAlign, Findings of ACL 2026: six domains and their terms as printed.
PUBLISHED = {
    "speech_language": """
        communication, speech, speaking, word-finding, word-retrieval, naming, encoding, phonemic, aphasia, paraphasia,
        anomia, dysnomia, fluency, perseveration, repetition, language, linguistic, comprehend, understand, alexia""",
    "memory": """
        memory, amnesia, amnestic, remembering, recognizing, recall, recount, retain, forget, lapse""",
    "learning_perception": """
        attention, concentration, focus, learning, abstraction, problem-solving, executive function, cognitive,
        neurocognitive, thinking, processing, visuospatial, multidomain, global, agnosia, getting lost, trouble finding,
        disoriented, confusion, handwriting deterioration""",
    "assistance": """
        eating, dressing, grooming, toileting, bathing, mobility, cooking, housekeeping, cleaning, laundry, shopping,
        phone use, computer use, managing medications, bills, finances, driving, transportation,
        medical decision-making, legal decision-making, healthcare proxy, HPOA, guardian, guardianship,
        supervision required""",
    "physiological": """
        hearing, auditory, SNHL, HoH, vision, smell, anosmia, hyposmia, swallowing, dysphagia, gait, balance, sleep,
        insomnia, pain, incontinence""",
    "neuropsychiatric": """
        mood, affect, behavior, apathy, personality, depressed, anhedonia, anxiety, anxious, agitation, hypervigilance,
        restless, overwhelmed, insight, judgment, impulsive, anosognosia, anger, short-tempered, irritable, aggressive,
        shouting, erratic, rummaging, wandering, thought disorder, delusion, hallucination, paranoia, psychosis""",
}
LABEL_OF_DOMAIN = {
    "speech_language": "cognitive",
    "memory": "cognitive",
    "learning_perception": "cognitive",
    "assistance": "assistance",
    "physiological": "physiological",
    "neuropsychiatric": "neuropsychiatric",
}


def test_domains_and_terms_are_the_published_ones(alzheimers: Pack) -> None:
    held = {domain.id: [term.name for term in domain.terms] for domain in alzheimers.lexicon.domains}
    assert held == {domain: [name.strip() for name in text.split(",")] for domain, text in PUBLISHED.items()}
    assert len(alzheimers.lexicon.terms()) == 121


def test_every_term_belongs_to_one_domain_that_has_a_share_of_the_mentions(alzheimers: Pack) -> None:
    counted = Counter(term.id for domain in alzheimers.lexicon.domains for term in domain.terms)
    assert set(counted.values()) == {1}
    assert [domain.id for domain in alzheimers.lexicon.domains] == list(alzheimers.mentions.domain_ratios)


def test_terms_earn_the_label_of_their_domain_and_pain_earns_none(alzheimers: Pack) -> None:
    known = {label.id for label in alzheimers.labels.scheme().labels}
    assert known == {*LABEL_OF_DOMAIN.values(), "concern"}
    assert alzheimers.labels.informant_label == "concern"
    for domain in alzheimers.lexicon.domains:
        for term in domain.terms:
            assert term.labels == ([] if term.id == "pain" else [LABEL_OF_DOMAIN[domain.id]]), term.id


def test_disease_shows_more_than_age_does(alzheimers: Pack) -> None:
    for term in alzheimers.lexicon.terms().values():
        assert term.reach >= term.background, term.id


def test_basic_activities_are_lost_no_earlier_than_instrumental_ones(alzheimers: Pack) -> None:
    """Njegovan 2001: instrumental activities are lost before basic ones."""
    rank = {stage.id: position for position, stage in enumerate(alzheimers.stages.stages)}
    terms = alzheimers.lexicon.terms()
    order = next(each for each in alzheimers.stages.order if "dressing" in each.then)
    latest_first = max(rank[terms[term].earliest] for term in order.first)
    assert all(rank[terms[term].earliest] >= latest_first for term in order.then)


def test_every_term_can_be_told_or_seen_and_weighed(alzheimers: Pack) -> None:
    said = {term: material for file in alzheimers.symptoms for term, material in file.terms.items()}
    assert set(said) == set(alzheimers.lexicon.terms())
    for term, material in said.items():
        assert material.noun, term
        assert len(material.told) + len(material.seen) >= 4, term


def test_every_domain_can_be_denied_in_a_history(alzheimers: Pack) -> None:
    """Most terms can; clinicians write no denial of some, such as an encoding deficit or a guardian."""
    denied = {
        term
        for file in alzheimers.symptoms
        for term, each in file.terms.items()
        if each.denied or each.absent
    }
    for domain in alzheimers.lexicon.domains:
        assert sum(term.id in denied for term in domain.terms) >= 4, domain.id
