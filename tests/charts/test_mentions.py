"""What notes say of symptoms: as much and of what the tables say, by who is there, in the order of losses."""

import numpy as np
import pytest

from dualalign.charts import PatientSimulator
from dualalign.packs import Pack
from dualalign.personas import match_controls, sample_personas
from dualalign.trajectories import NotePlan, Polarity, Trajectory
from dualalign.trajectories.plan import Reporter


def _plans(found: list[Trajectory]) -> list[NotePlan]:
    return [plan for each in found for plan in each.plans]


@pytest.fixture(scope="module")
def paper(pack: Pack) -> list[Trajectory]:
    simulator = PatientSimulator(pack, "paper")
    return [simulator.simulate(persona, 4) for persona in sample_personas(pack, 60, 4, "paper")]


def test_mentions_a_note_follow_the_table_year_by_year(pack: Pack, paper: list[Trajectory]) -> None:
    density = pack.profiles.profile("paper").mention_density
    for year, mean in pack.mentions.per_note.items():
        counts = [len(plan.mentions) for plan in _plans(paper) if plan.year_bin == year]
        # Settings differ in how much they tell, so the spread is that of the notes, not of one Poisson law.
        error = np.std(counts) / np.sqrt(len(counts))
        assert np.mean(counts) == pytest.approx(mean * density, abs=4 * error)


def test_domains_have_their_published_shares(pack: Pack, paper: list[Trajectory]) -> None:
    mentions = [mention for plan in _plans(paper) for mention in plan.mentions]
    for domain, share in pack.mentions.domain_shares().items():
        found = sum(mention.domain == domain for mention in mentions) / len(mentions)
        assert found == pytest.approx(share, abs=0.01)


def test_order_of_losses_holds_in_what_is_told(pack: Pack, paper: list[Trajectory]) -> None:
    reached = 0
    for each in paper:
        told: set[str] = set()
        for plan in each.plans:
            now = {m.term for m in plan.mentions if m.polarity is Polarity.AFFIRMED}
            for rule in pack.stages.order:
                if now & set(rule.then):
                    assert (told | now) & set(rule.first)
                    reached += 1
            told |= now
    assert reached > 50


def test_only_family_earns_the_label_of_informants_and_what_is_denied_earns_none(
    pack: Pack, patients: list[Trajectory]
) -> None:
    informant_label = pack.labels.informant_label
    by_family = 0
    for plan in _plans(patients):
        for mention in plan.mentions:
            if informant_label in mention.labels:
                assert mention.reporter is Reporter.INFORMANT
                assert plan.informant is not None
                assert not plan.informant.is_professional
                by_family += 1
            if mention.polarity in (Polarity.NEGATED, Polarity.FAMILY):
                assert mention.labels == ()
    assert by_family > 100


def test_people_without_the_disease_have_less_to_tell(pack: Pack, patients: list[Trajectory]) -> None:
    table = match_controls(sample_personas(pack, 40, 6, "clinical"), pack, 40, 6)
    simulator = PatientSimulator(pack, "clinical")
    controls = [simulator.simulate(persona, 6) for persona in table if not persona.is_case]

    def said(found: list[Trajectory]) -> float:
        return float(np.mean([len(plan.mentions) for plan in _plans(found) if plan.year_bin == 1]))

    wanted = pack.mentions.per_note[1] / pack.mentions.controls_per_note
    assert said(patients) / said(controls) == pytest.approx(wanted, rel=0.12)
