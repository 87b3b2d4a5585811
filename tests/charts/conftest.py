import pytest

from dualalign.charts import PatientSimulator
from dualalign.packs import Pack, load_pack
from dualalign.personas import sample_personas
from dualalign.trajectories import Trajectory

PATIENTS = 40


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="session")
def simulator(pack: Pack) -> PatientSimulator:
    return PatientSimulator(pack, "clinical")


@pytest.fixture(scope="session")
def patients(pack: Pack, simulator: PatientSimulator) -> list[Trajectory]:
    return [simulator.simulate(persona, 6) for persona in sample_personas(pack, PATIENTS, 6, "clinical")]
