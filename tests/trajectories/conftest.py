import pytest

from dualalign.packs import load_pack
from dualalign.packs.pack import Pack
from dualalign.personas import match_controls, sample_personas
from dualalign.trajectories import Trajectory, TrajectorySimulator

PATIENTS = 80


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="session")
def clinical(pack: Pack) -> list[Trajectory]:
    simulator = TrajectorySimulator(pack, "clinical")
    return [simulator.simulate(persona, 4) for persona in sample_personas(pack, PATIENTS, 4, "clinical")]


@pytest.fixture(scope="session")
def paper(pack: Pack) -> list[Trajectory]:
    simulator = TrajectorySimulator(pack, "paper")
    return [simulator.simulate(persona, 4) for persona in sample_personas(pack, PATIENTS, 4, "paper")]


@pytest.fixture(scope="session")
def controls(pack: Pack) -> list[Trajectory]:
    simulator = TrajectorySimulator(pack, "clinical")
    table = match_controls(sample_personas(pack, PATIENTS, 4, "clinical"), pack, PATIENTS, 4)
    return [simulator.simulate(persona, 4) for persona in table if not persona.is_case]
