from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from dualalign.notes import GrammarWriter, Note
from dualalign.packs import Pack, load_pack
from dualalign.personas import sample_personas
from dualalign.personas.persona import Persona
from dualalign.trajectories import NotePlan, TrajectorySimulator


@dataclass(frozen=True)
class Written:
    """One patient's plans and the notes written from them."""

    persona: Persona
    plans: Sequence[NotePlan]
    notes: list[Note]


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="session")
def writer(pack: Pack) -> GrammarWriter:
    return GrammarWriter(pack)


@pytest.fixture(scope="session")
def patients(pack: Pack, writer: GrammarWriter) -> list[Written]:
    simulator = TrajectorySimulator(pack, pack.profiles.default)
    written = []
    for persona in sample_personas(pack, 6, 3):
        plans = simulator.simulate(persona, 3).plans
        written.append(Written(persona, plans, writer.write_patient(persona, plans, 3)))
    return written


@pytest.fixture(scope="session")
def pairs(patients: list[Written]) -> list[tuple[NotePlan, Note]]:
    """Every plan with its note."""
    return [pair for each in patients for pair in zip(each.plans, each.notes, strict=True)]


def restyle(plans: Sequence[NotePlan], **style: object) -> list[NotePlan]:
    """The same plans in another author's style."""
    return [replace(plan, style=replace(plan.style, **style)) for plan in plans]  # type: ignore[arg-type]
