"""Label-to-data without a model: sentences written for a label alone, with no patient behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dualalign.errors import WriterError
from dualalign.notes.material import NoteMaterial
from dualalign.notes.note_scene import PRONOUNS
from dualalign.notes.sentence import clipped, tidy
from dualalign.notes.time_words import often, since
from dualalign.passages.scene import Scene
from dualalign.randomness import Stream, fast_random

if TYPE_CHECKING:
    import random

    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.lexicon import Term

_RELATIONS = ("wife", "husband", "daughter", "son", "sister", "brother", "neighbor")
_AUTHORS = ("telegraphic", "narrative", "templated")
_TRIES = 60
_DAY = date(2014, 6, 1)


@dataclass(frozen=True, slots=True)
class ComposedSentence:
    """A sentence written for one label; `labels` holds every label it earns, `term` is empty if none was planned."""

    text: str
    labels: tuple[str, ...]
    written_for: str
    term: str


def compose_sentences(pack: Pack, per_label: int, seed: int) -> Iterator[ComposedSentence]:
    """Write sentences from label definitions: the bronze set.

    No persona, stage or history steers them, so they show what alignment adds. No sentence is written twice.

    Args:
        pack: a loaded pack.
        per_label: sentences for each label of the pack's default scheme, 1 or more.
        seed: 0 or greater.

    Yields:
        Sentences, label by label in the scheme's order.

    Raises:
        WriterError: a bad count or seed, or a label for which the pack has too little material.
    """
    if seed < 0:
        raise WriterError(f"seed is {seed}", "give a whole number of at least 0")
    if per_label < 1:
        raise WriterError(f"{per_label} sentences per label", "ask for at least 1")
    material = NoteMaterial(pack)
    informant_label = material.informant_label
    terms = list(pack.lexicon.terms().values())
    seen: set[str] = set()
    for rank, label in enumerate(pack.labels.scheme().labels):
        rng = fast_random(seed, Stream.COMPOSE, rank)
        informs = label.id == informant_label
        eligible = [term for term in terms if label.id in term.labels or (informs and term.labels)]
        if not eligible:
            raise WriterError(f"no term of the pack earns the label '{label.id}'", "add one to lexicon.yaml")
        for made in range(per_label):
            for _ in range(_TRIES):
                sentence = _sentence(material, rng.choice(eligible), informs, label.id, rng)
                if sentence is not None and label.id in sentence.labels and sentence.text not in seen:
                    seen.add(sentence.text)
                    yield sentence
                    break
            else:
                raise WriterError(
                    f"the pack has too little material for {per_label} different '{label.id}' sentences",
                    f"ask for fewer than {made + 1}, or add lines for its terms",
                )


def _sentence(
    material: NoteMaterial, term: Term, informs: bool, label: str, rng: random.Random
) -> ComposedSentence | None:
    scene = _stranger(material, rng)
    pools = material.book.terms[term.id]
    labels = list(term.labels)
    style = scene.style
    if informs:
        line = pools.told.draw_by("informant", scene, set())
        if line is None:
            return None
        scene.values["clause"] = line.text(scene)
        frame = material.by_informant.draw(scene, set())
        text = (
            frame.text(scene)
            if frame
            else f"{scene.values['informant']} reports that {scene.values['clause']}"
        )
        labels.append(material.informant_label)
    else:
        pool = pools.seen if rng.random() < 0.35 and pools.seen else pools.told
        line = pool.draw(scene, set())
        if line is None:
            return None
        text = line.text(scene)
        if style != "narrative":
            text = clipped(text)
    return ComposedSentence(tidy(text), material.ordered_labels((*labels, *line.also)), label, term.id)


def _stranger(material: NoteMaterial, rng: random.Random) -> Scene:
    sex = "female" if rng.random() < 0.5 else "male"
    relation = rng.choice(_RELATIONS)
    severity = rng.random()
    values = {
        **PRONOUNS[sex],
        "age": str(60 + rng.randrange(30)),
        "relation": relation,
        "informant": f"{PRONOUNS[sex]['his']} {relation}",
        "she": "she" if relation in ("wife", "daughter", "sister") else "he",
        "since": since(1 + rng.randrange(60), _DAY, rng.random),
        "often": often(severity, rng.random),
        "month": "in March",
        "interval": "in January",
        "work": "worker",
    }
    stages = list(material.book.stages.values())
    return Scene(
        sex,
        75,
        rng.choice(stages),
        severity,
        rng.choice(list(material.layouts)),
        True,
        _DAY.year,
        True,
        frozenset(),
        values,
        rng.random,
        rng.choice(_AUTHORS),
    )
