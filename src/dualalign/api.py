"""The library in four calls: make a cohort, open one, label notes, measure a cohort."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.cohort import Cohort, generate_cohort, open_cohort, pack_of

if TYPE_CHECKING:
    from dualalign.labels import Annotator, LabelledSentence
    from dualalign.measures import Measure, Sources
    from dualalign.packs import Pack


def generate(
    pack: str | Path,
    folder: str | Path | None = None,
    *,
    patients: int = 100,
    controls: int = 0,
    profile: str | None = None,
    seed: int = 0,
    workers: int = 1,
    overwrite: bool = False,
) -> Cohort:
    """Generate a synthetic cohort; the same arguments give the same bytes.

    An interrupted run resumes: call again with the same arguments and folder.

    Args:
        pack: name of a pack (see `available_packs`) or a pack's folder.
        folder: where the cohort is written. None writes to a temporary folder that is removed when Python exits.
        patients: number of patients with the disease, 1 or more.
        controls: number of people without it, matched to the patients on age and sex.
        profile: profile of the pack, for example `clinical`, `paper` or `sparse`; None takes the pack's default.
        seed: 0 or greater.
        workers: processes. A script that asks for more than one needs `if __name__ == "__main__":`.
        overwrite: replace another cohort in the folder.

    Raises:
        CohortError: a number out of range, a folder that cannot be written or that holds something else.
        PackError: the pack cannot be loaded.
    """
    if folder is None:
        folder = tempfile.mkdtemp(prefix="dualalign-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = generate_cohort(
        pack, folder, patients, controls, profile, seed, workers=workers, overwrite=overwrite
    )
    return open_cohort(made)


def load_cohort(folder: str | Path) -> Cohort:
    """Open a finished cohort; its tables are read when asked for.

    Args:
        folder: the cohort folder.

    Raises:
        CohortError: not a cohort, or one whose run was not finished.
    """
    return open_cohort(folder)


def label(
    notes: str | Iterable[str], pack: str | Path | Pack = "alzheimers", annotator: Annotator | None = None
) -> list[LabelledSentence]:
    """Split notes into sentences and label each one. Nothing leaves this machine.

    Give many notes in one call: the rules take half a second to compile.

    Args:
        notes: the text of one note, or of several.
        pack: name, folder or object of the pack whose rules label the sentences.
        annotator: labels the sentences instead of the rules.

    Returns:
        The sentences of all notes, in order, with their exact spans.

    Raises:
        LabelError: a note that is not text.
        PackError: the pack cannot be loaded.
    """
    from dualalign.labels import RulesAnnotator, label_notes
    from dualalign.packs import load_pack

    if annotator is None:
        annotator = RulesAnnotator(load_pack(pack) if isinstance(pack, (str, Path)) else pack)
    return label_notes([notes] if isinstance(notes, str) else notes, annotator)


def evaluate(
    cohort: Cohort | str | Path,
    pack: str | Path | None = None,
    *,
    only: Collection[str] | None = None,
    sources: Sources | None = None,
) -> dict[str, list[Measure]]:
    """Measure a cohort: how close to its targets, how coherent, varied, private, fair and correctly labelled.

    Args:
        cohort: a finished cohort, or its folder.
        pack: name or folder of its pack; None takes the name in the cohort's manifest.
        only: steps to measure, of `dualalign.measures.STEPS`; None measures all of them.
        sources: real notes, people, labels or a classifier to compare with, from
            `dualalign.measures.read_sources`. Measures that need what is not given are left out.

    Returns:
        Step, for example `diversity`, to its measures.

    Raises:
        CohortError: a table is missing, damaged or changed.
        MeasureError: an unknown step, or a cohort that cannot be measured.
        PackError: the pack cannot be loaded.
    """
    from dualalign.measures import STEPS, measure_cohort

    opened = cohort if isinstance(cohort, Cohort) else open_cohort(cohort)
    wanted = STEPS if only is None else only
    return measure_cohort(opened, pack_of(opened, pack), sources=sources, only=wanted)
