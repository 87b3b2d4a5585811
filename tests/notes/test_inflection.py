import pytest

from dualalign.notes.inflection import Verbs
from dualalign.packs import load_pack


@pytest.fixture(scope="module")
def verbs() -> Verbs:
    return Verbs(load_pack("alzheimers").verbs)


@pytest.mark.parametrize(
    "forms",
    [
        ("stop", "stops", "stopped", "stopping", "stopped"),
        ("misplace", "misplaces", "misplaced", "misplacing", "misplaced"),
        ("carry", "carries", "carried", "carrying", "carried"),
        ("go", "goes", "went", "going", "gone"),
        ("be", "is", "was", "being", "been"),
        ("admit", "admits", "admitted", "admitting", "admitted"),
        ("visit", "visits", "visited", "visiting", "visited"),
        ("wander", "wanders", "wandered", "wandering", "wandered"),
        ("dye", "dyes", "dyed", "dyeing", "dyed"),
        ("fix", "fixes", "fixed", "fixing", "fixed"),
        ("play", "plays", "played", "playing", "played"),
        ("watch", "watches", "watched", "watching", "watched"),
        ("panic", "panics", "panicked", "panicking", "panicked"),
        ("die", "dies", "died", "dying", "died"),
        ("give up", "gives up", "gave up", "giving up", "given up"),
        ("agree", "agrees", "agreed", "agreeing", "agreed"),
        ("button", "buttons", "buttoned", "buttoning", "buttoned"),
        ("quit", "quits", "quit", "quitting", "quit"),
    ],
)
def test_five_forms(verbs: Verbs, forms: tuple[str, ...]) -> None:
    assert verbs.paradigm(forms[0]) == forms
