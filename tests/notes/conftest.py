import pytest

from dualalign.charts import PatientSimulator
from dualalign.notes import Note, PassageWriter
from dualalign.packs import Pack, load_pack
from dualalign.personas import sample_personas
from dualalign.trajectories import NotePlan, Trajectory


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="session")
def simulator(pack: Pack) -> PatientSimulator:
    return PatientSimulator(pack, pack.profiles.default)


@pytest.fixture(scope="session")
def writer(pack: Pack, simulator: PatientSimulator) -> PassageWriter:
    return PassageWriter(pack, simulator.book)


@pytest.fixture(scope="session")
def written(
    pack: Pack, simulator: PatientSimulator, writer: PassageWriter
) -> list[tuple[Trajectory, list[Note]]]:
    """Some patients with their notes."""
    trajectories = [simulator.simulate(persona, 3) for persona in sample_personas(pack, 8, 3)]
    return [(each, writer.write_patient(each, 3)) for each in trajectories]


@pytest.fixture(scope="session")
def pairs(written: list[tuple[Trajectory, list[Note]]]) -> list[tuple[NotePlan, Note]]:
    """Every plan with its note."""
    return [pair for each, notes in written for pair in zip(each.plans, notes, strict=True)]
