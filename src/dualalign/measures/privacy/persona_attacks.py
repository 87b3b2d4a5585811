"""Attacks on personas: singling out, linkability and inference, for tables sampled from a model of real people.

Source: Giomi et al., A Unified Framework for Quantifying Privacy Risk in Synthetic Data, PoPETs 2023, and the library
anonymeter by the same authors; written anew, since its release pins a numpy that is too old for this package.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dualalign.measures.measure import Measure, random_numbers
from dualalign.measures.metric import lower, measured
from dualalign.measures.privacy.attack import Attack, Rate, attack_figure
from dualalign.measures.privacy.persona_tables import Codes, PersonaSets

ATTACKS = 500
_PREDICATE = 3
_TRIES, _POOL = 20, 10
_BLOCK = 200


@measured("people_files", singling_out=lower(0, 1), linkability=lower(0, 1), inference=lower(0, 1))
def persona_attacks(people: PersonaSets, attacks: int = ATTACKS) -> list[Measure]:
    """Return the risks of singling out, of linking two halves of a record, and of inferring one value from the rest.

    Args:
        attacks: tries of each attack, or one for each person where there are fewer.
    """
    random = random_numbers()
    return [
        attack_figure(attack(people, attacks, random), note, people.caution)
        for attack, note in (
            (singling_out, "predicates of three values that fit one person"),
            (linkability, "halves of a record linked by their nearest synthetic person"),
            (inference, "values guessed right from all others; mean over columns"),
        )
    ]


def singling_out(sets: PersonaSets, attacks: int, random: np.random.Generator) -> Attack:
    """Guess predicates that fit exactly one seen person, from those that fit exactly one synthetic person.

    Whether a predicate fits exactly one depends on how many there are, so the larger of the seen and the unseen set is
    cut to the size of the smaller.
    """
    size = min(len(sets.saw), len(sets.held_out))
    saw, held_out = _some(sets.saw, size, random), _some(sets.held_out, size, random)
    guesses = _unique_predicates(sets.synthetic, attacks, random)
    columns = sets.synthetic.shape[1]
    levels = [np.unique(sets.synthetic[:, column]) for column in range(columns)]
    naive = [
        (chosen, np.array([random.choice(levels[column]) for column in chosen]))
        for chosen in (
            random.choice(columns, min(_PREDICATE, columns), replace=False) for _ in range(attacks)
        )
    ]
    return Attack(_single(guesses, saw), _single(naive, saw), _single(guesses, held_out))


def linkability(sets: PersonaSets, attacks: int, random: np.random.Generator) -> Attack:
    """Link two halves of a seen person's columns: both are nearest to the same synthetic person."""
    order = random.permutation(sets.synthetic.shape[1])
    half = len(order) // 2
    first, second = order[:half], order[half:]

    def linked(people: Codes) -> Rate:
        left = _nearest(people[:, first], sets.synthetic[:, first], random)
        right = _nearest(people[:, second], sets.synthetic[:, second], random)
        return Rate(int((left == right).sum()), len(people))

    size = len(sets.synthetic)
    seen, unseen = _some(sets.saw, attacks, random), _some(sets.held_out, attacks, random)
    guesses = random.integers(0, size, (2, len(seen)))
    return Attack(linked(seen), Rate(int((guesses[0] == guesses[1]).sum()), len(seen)), linked(unseen))


def inference(sets: PersonaSets, attacks: int, random: np.random.Generator) -> Attack:
    """Guess each value of a person from all others, as that of the nearest synthetic person has it."""
    seen, unseen = _some(sets.saw, attacks, random), _some(sets.held_out, attacks, random)
    right: dict[str, list[float]] = {"seen": [], "guess": [], "unseen": []}
    shown = {}
    for column, name in enumerate(sets.columns):
        others = np.delete(np.arange(len(sets.columns)), column)
        for kind, people in (("seen", seen), ("unseen", unseen)):
            nearest = _nearest(people[:, others], sets.synthetic[:, others], random)
            right[kind].append(float((sets.synthetic[nearest, column] == people[:, column]).mean()))
        drawn = random.choice(sets.synthetic[:, column], len(seen))
        right["guess"].append(float((drawn == seen[:, column]).mean()))
        shown[f"excess: {name}"] = right["seen"][-1] - right["unseen"][-1]
    rates = {
        kind: Rate(float(np.mean(each)) * len(people), len(people))
        for (kind, each), people in zip(right.items(), (seen, seen, unseen), strict=True)
    }
    return Attack(rates["seen"], rates["guess"], rates["unseen"], shown)


Predicate = tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]


def _unique_predicates(people: Codes, count: int, random: np.random.Generator) -> list[Predicate]:
    """Return conjunctions of values that fit exactly one of the people, drawn alike from many triples of columns."""
    width = min(_PREDICATE, people.shape[1])
    levels = people.max(axis=0) + 1
    found: dict[tuple[int, ...], Predicate] = {}
    for _ in range(_TRIES * count):
        columns = np.sort(random.choice(people.shape[1], width, replace=False))
        keys = np.ravel_multi_index(tuple(people[:, columns].T), tuple(levels[columns]))
        _, first, held = np.unique(keys, return_index=True, return_counts=True)
        for values in people[first[held == 1]][:, columns]:
            found[(*columns.tolist(), *values.tolist())] = columns, values
        if len(found) >= _POOL * count:
            break
    predicates = list(found.values())
    return [predicates[place] for place in random.permutation(len(predicates))[:count]]


def _single(predicates: list[Predicate], people: Codes) -> Rate:
    return Rate(sum(_fits(people, *each) == 1 for each in predicates), len(predicates))


def _fits(people: Codes, columns: npt.NDArray[np.intp], values: npt.NDArray[np.int64]) -> int:
    return int((people[:, columns] == values).all(axis=1).sum())


def _nearest(people: Codes, synthetic: Codes, random: np.random.Generator) -> npt.NDArray[np.intp]:
    """Return the synthetic person with most values in common; of several, any."""
    found = np.zeros(len(people), dtype=np.intp)
    order = random.permutation(len(synthetic))
    shuffled = synthetic[order]
    for start in range(0, len(people), _BLOCK):
        block = people[start : start + _BLOCK]
        common = (block[:, None, :] == shuffled[None, :, :]).sum(axis=2)
        found[start : start + _BLOCK] = order[common.argmax(axis=1)]
    return found


def _some(people: Codes, most: int, random: np.random.Generator) -> Codes:
    if len(people) <= most:
        return people
    return people[random.choice(len(people), most, replace=False)]
