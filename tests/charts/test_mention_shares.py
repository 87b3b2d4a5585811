import numpy as np
import pytest

from dualalign.charts.mention_shares import MentionShares
from dualalign.packs import Pack


@pytest.mark.parametrize("density", [1.0, 3.0, 5.0])
def test_over_all_notes_of_a_year_mean_and_domains_are_those_of_the_tables(
    pack: Pack, density: float
) -> None:
    shares = MentionShares(pack, density)
    wanted = pack.mentions.domain_shares()
    for year, mean in pack.mentions.per_note.items():
        rates = np.array([pack.visits.rate(kind.id, year) for kind in pack.visits.types])
        of = [shares.of(kind.id, year, True) for kind in pack.visits.types]
        means = np.array([each[0] for each in of])
        assert rates @ means / rates.sum() == pytest.approx(mean * density)
        domains = np.diff(np.array([each[1] for each in of]), prepend=0, axis=1)
        mass = rates * means / (rates @ means)
        assert mass @ domains == pytest.approx([wanted[d] for d in shares.domains], abs=1e-6)


def test_a_memory_clinic_tells_more_and_more_of_memory_than_an_emergency_department(pack: Pack) -> None:
    shares = MentionShares(pack, 3.0)
    memory = shares.domains.index("memory")
    clinic, emergency = shares.of("memory_clinic", 3, True), shares.of("emergency", 3, True)
    assert clinic[0] > 2 * emergency[0]

    def share(cumulated: list[float]) -> float:
        return cumulated[memory] - (cumulated[memory - 1] if memory else 0)

    assert share(clinic[1]) > 2 * share(emergency[1])
