import numpy as np
import pytest

from dualalign.errors import PersonaError
from dualalign.packs.schema.persona_rules import PersonaRules
from dualalign.personas import latent_correlations, match_controls, sample_personas


def test_at_20000_every_latent_correlation_is_within_a_twentieth(pack):
    # Estimated from levels, ages and sexes alone: bivariate probit given age and sex, all 66 pairs.
    found = latent_correlations(sample_personas(pack, 20_000, 0, "clinical"), pack)
    assert len(found.variables) == 12
    assert found.largest_error < 0.05
    assert set(found.worst_pair) <= set(found.variables)


def test_the_declared_matrix_is_the_packs_own(pack):
    found = latent_correlations(sample_personas(pack, 2_000, 0, "clinical"), pack)
    names = list(found.variables)
    assert found.declared[names.index("LTHS"), names.index("POOR")] == 0.51
    assert found.declared[names.index("OBESE"), names.index("CURSMK")] == -0.19


def test_without_rules_independent_personas_are_uncorrelated(changed):
    free = changed(persona_rules=PersonaRules())
    found = latent_correlations(sample_personas(free, 20_000, 0, "paper"), free)
    off_diagonal = found.estimated[~np.eye(len(found.variables), dtype=bool)]
    # Standard errors up to 0.016; 66 pairs.
    assert np.abs(off_diagonal).max() < 0.06


def test_the_estimator_finds_a_correlation_that_was_put_in(pack):
    # A table of the sampler's shape whose columns are made here, by a bivariate normal with a known correlation.
    table = sample_personas(pack, 20_000, 0, "clinical")
    rng = np.random.default_rng(1)
    first = rng.standard_normal(20_000)
    second = -0.6 * first + 0.8 * rng.standard_normal(20_000)
    table.codes["hypertension"] = (first > 0.4).astype(np.int8)
    table.codes["diabetes"] = (second + 0.3 * table.has("gender", "female") > 0.8).astype(np.int8)
    found = latent_correlations(table, pack)
    pair = found.variables.index("HTN"), found.variables.index("DM")
    assert found.estimated[pair] == pytest.approx(-0.6, abs=0.04)


def test_controls_have_the_same_dependence(pack):
    controls = match_controls(sample_personas(pack, 5_000, 0, "clinical"), pack, 20_000, 0)
    # Rarer levels, larger standard errors: stroke with depression about 0.02.
    assert latent_correlations(controls, pack).largest_error < 0.07


def test_too_few_people_are_refused(pack):
    with pytest.raises(PersonaError, match="50 people - sample at least 200"):
        latent_correlations(sample_personas(pack, 50, 0), pack)


@pytest.mark.slow
def test_a_million_personas_show_no_bias(pack):
    found = latent_correlations(sample_personas(pack, 1_000_000, 0, "clinical"), pack)
    assert found.largest_error < 0.01
