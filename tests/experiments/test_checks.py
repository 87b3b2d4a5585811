from dataclasses import replace

import numpy as np
import pytest

from dualalign.errors import ExperimentError
from dualalign.experiments import Experiment, LabelledText
from dualalign.experiments.models import ModelChoice
from dualalign.experiments.tasks import Task
from dualalign.experiments.training_sets import TrainingSet
from dualalign.labels import GoldSentences
from tests.experiments.toy import gold_set, other_text

GOLD = gold_set()
ALL, BINARY, FIVE = Task(), Task(kind="binary"), Task(kind="five_class")


def labelled(labels: np.ndarray) -> GoldSentences:
    return GoldSentences(GOLD.ids, GOLD.texts, GOLD.label_ids, labels, GOLD.groups, GOLD.folds)


def test_refuses_shares_and_seeds_that_mean_nothing() -> None:
    with pytest.raises(ExperimentError, match="gold fraction 0"):
        Experiment(GOLD, fractions=(0.0,))
    with pytest.raises(ExperimentError, match="0 seeds"):
        Experiment(GOLD, seeds=0)


def test_one_class_only_is_refused_by_name() -> None:
    only_memory = np.column_stack([GOLD.labels[:, 0], np.zeros(90, dtype=bool)])
    with pytest.raises(ExperimentError, match="label 'mood' stands on 0 of 45 gold sentences to learn from"):
        Experiment(labelled(only_memory))
    Experiment(labelled(only_memory), tasks=(BINARY,))
    everywhere = GOLD.labels.copy()
    everywhere[~everywhere.any(axis=1), 0] = True
    with pytest.raises(ExperimentError, match="every one of 45 gold sentences to learn from has a label"):
        Experiment(labelled(everywhere))
    Experiment(labelled(everywhere), tasks=(FIVE,))
    untested = GOLD.labels.copy()
    untested[45:] = False
    with pytest.raises(ExperimentError, match="none of 45 gold sentences to test on has a label"):
        Experiment(labelled(untested))
    paired = GOLD.labels.copy()
    paired[paired[:, 1]] = True
    with pytest.raises(
        ExperimentError, match="label 'mood' never stands alone on gold sentences to learn from"
    ):
        Experiment(labelled(paired), tasks=(ALL, FIVE))
    both = GOLD.labels.copy()
    both[45:] = both[45:].any(axis=1, keepdims=True)
    with pytest.raises(ExperimentError, match="no gold sentence to test on has exactly one label"):
        Experiment(labelled(both), tasks=(FIVE,))


def test_ids_that_stand_twice_and_texts_that_are_missing_are_refused() -> None:
    sets = Experiment(GOLD).sets
    twice = sets.model_copy(update={"training_sets": sets.training_sets[:1] * 2})
    with pytest.raises(ExperimentError, match="training set 'gold' stands twice"):
        Experiment(GOLD, sets=twice)
    linear = ModelChoice(name="linear")
    with pytest.raises(ExperimentError, match="model 'linear' stands twice"):
        Experiment(GOLD, models=(linear, linear))
    with pytest.raises(ExperimentError, match="no task to run"):
        Experiment(GOLD, tasks=())
    own = TrainingSet(id="own", name="own", gold=True, source="mine")
    with pytest.raises(
        ExperimentError, match=r"training set 'own' needs a text 'mine' - the texts given are \(none\)"
    ):
        Experiment(GOLD, sets=sets.model_copy(update={"training_sets": (own,)}))


def test_what_makes_figures_doubtful_is_said() -> None:
    assert Experiment(GOLD).warnings() == []
    texts = (*GOLD.texts[:89], GOLD.texts[0].upper())
    learned_by_heart = LabelledText((GOLD.texts[50], GOLD.texts[51]), other_text().marks[:2])
    doubtful = replace(GOLD, texts=texts, labels=np.where(np.arange(90)[:, None] < 45, GOLD.labels, [[1, 0]]))
    doubtful.labels[60:] = False
    found = Experiment(doubtful, texts={"silver": learned_by_heart}).warnings()
    assert [line.split(":")[0] for line in found] == [
        "1 gold sentences stand in two folds, such as 'g89' and 'g0'",
        "no gold sentence to test on has the label mood",
        "2 gold sentences to test on stand in the text 'silver' too",
    ]
