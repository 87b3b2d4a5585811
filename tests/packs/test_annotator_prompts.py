"""Prompts of the annotator and the composer are checked when a pack is loaded."""

import pytest
from pydantic import ValidationError

from dualalign.packs import load_pack
from dualalign.packs.schema.annotator import AnnotatorPrompts
from dualalign.packs.schema.composer import ComposerPrompts


@pytest.mark.parametrize(
    ("model", "field", "value", "complaint"),
    [
        (AnnotatorPrompts, "system", "{{ lables }}", "unknown variable 'lables'"),
        (AnnotatorPrompts, "request", "{{ system }}", "unknown variable 'system'"),
        (AnnotatorPrompts, "again", "{{ sentences }}", "unknown variable 'sentences'"),
        (AnnotatorPrompts, "check", "{% for %}", "cannot be read"),
        (AnnotatorPrompts, "unsure", "not sure", "pattern"),
        (ComposerPrompts, "system", "{{ patient }}", "unknown variable 'patient'"),
        (ComposerPrompts, "request", "{{ stage }}", "unknown variable 'stage'"),
        (ComposerPrompts, "preamble", ["("], "is no regular expression"),
        (ComposerPrompts, "identifying", {"date": "["}, "is no regular expression"),
    ],
)
def test_what_cannot_work_is_refused(model, field: str, value, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        model(**{field: value})


@pytest.mark.parametrize("scheme", ["five", "nine"])
def test_worked_examples_show_every_label_and_sentences_without_one(scheme: str) -> None:
    pack = load_pack("alzheimers")
    examples = pack.guideline.examples[scheme]
    shown = {label for each in examples for label in each.labels}
    assert shown == {label.id for label in pack.labels.scheme(scheme).labels}
    assert sum(not each.labels for each in examples) >= 3
    assert len({each.text for each in examples}) == len(examples)


def test_worked_examples_stand_in_no_gold_set() -> None:
    import json
    from pathlib import Path

    gold = Path(__file__).parents[3] / "shared" / "data" / "symptom-benchmark" / "sentences.jsonl"
    if not gold.exists():
        pytest.skip("the symptom benchmark is not here")
    texts = {json.loads(line)["text"].casefold() for line in gold.open(encoding="utf-8")}
    examples = load_pack("alzheimers").guideline.examples
    assert not [each.text for few in examples.values() for each in few if each.text.casefold() in texts]
