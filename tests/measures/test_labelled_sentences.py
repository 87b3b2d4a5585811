import shutil
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.reader import Cohort
from dualalign.measures.labelled_sentences import labelled_sentences


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("labelled") / "cohort"
    return open_cohort(generate_cohort("alzheimers", folder, 4, seed=2, part_patients=2))


def test_few_sentences_are_all_kept_and_measure_as_the_whole_table(cohort: Cohort) -> None:
    found = labelled_sentences(cohort)
    texts, labels = found.texts, found.labels
    assert labels is not None
    table = cohort.table("sentences", ["text", "labels"]).to_pylist()
    assert list(texts) == [row["text"] for row in table if row["labels"]]
    assert all(
        set(label) < set(row["labels"]) or label == row["labels"]
        for label, row in zip(labels, (row for row in table if row["labels"]), strict=True)
    )


def test_a_part_whose_people_have_no_labelled_sentence_adds_none(cohort: Cohort, tmp_path: Path) -> None:
    folder = tmp_path / "silent"
    shutil.copytree(cohort.folder, folder)
    first, second = open_cohort(folder).parts("sentences")
    pq.write_table(pq.read_table(first).slice(0, 0), first)
    said = pq.read_table(second, columns=["text", "labels"]).to_pylist()
    assert list(labelled_sentences(open_cohort(folder)).texts) == [
        row["text"] for row in said if row["labels"]
    ]


def test_many_are_thinned_label_by_label(cohort: Cohort) -> None:
    whole = _labels(cohort, 10**9)
    most = sorted(whole.values())[1]
    thinned = _labels(cohort, most)
    common = max(whole, key=lambda label: whole[label])
    assert thinned[common] == pytest.approx(most, rel=0.35)
    assert thinned[common] < whole[common]
    assert labelled_sentences(cohort, most) == labelled_sentences(cohort, most)


def _labels(cohort: Cohort, most: int) -> Counter[str]:
    found = labelled_sentences(cohort, most)
    assert found.labels is not None
    assert len(found.texts) == len(found.labels)
    return Counter(label for (label,) in found.labels)
