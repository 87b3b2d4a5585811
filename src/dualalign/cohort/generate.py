"""Make a cohort on disk, part by part, so that an interrupted run resumes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dualalign
from dualalign.cohort.folder import (
    WHOLE,
    all_done,
    claim_folder,
    close_parts,
    open_parts,
    part_done,
    part_path,
)
from dualalign.cohort.manifest import RowOptions, write_manifest
from dualalign.cohort.part_maker import PartDone, PartRun, make_parts
from dualalign.cohort.parts import count_rows, join_parts, read_parquet_part
from dualalign.cohort.people import People
from dualalign.errors import CohortError
from dualalign.files import sole_run
from dualalign.notes import PassageWriter
from dualalign.packs import load_pack

if TYPE_CHECKING:
    from dualalign.cohort.model_parts import WritingProgress
    from dualalign.cohort.model_writing import ModelWriting

DEFAULT_PART_PATIENTS = 10
MOST_PEOPLE = 1_000_000
MOST_PARTS = 100_000
"""Ids have six digits and part files five, so that both sort by name."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: parts, patients and notes done so far, those of earlier runs included."""

    parts: int
    of_parts: int
    patients: int
    notes: int


def generate_cohort(
    pack_name: str | Path,
    folder: str | Path,
    patients: int = 100,
    controls: int = 0,
    profile: str | None = None,
    seed: int = 0,
    workers: int = 1,
    part_patients: int = DEFAULT_PART_PATIENTS,
    overwrite: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    writing: ModelWriting | None = None,
    on_note: Callable[[WritingProgress], None] | None = None,
) -> Path:
    """Make a synthetic cohort, or finish one that was interrupted.

    The same pack, profile, counts and seed give the same bytes, whatever the number of workers and however often
    the run was killed. With a language model the same replies do: they lie in the folder's journal, and none that
    lies there is asked for again.

    Args:
        pack_name: name or folder of a pack.
        folder: where the cohort goes; created if absent.
        patients: number of cases, 1 or more.
        controls: number of people without the disease, matched to the cases on age and sex.
        profile: pack profile, the pack's default if None.
        seed: 0 or greater.
        workers: processes, 1 or more.
        part_patients: patients per part file; what a killed worker may lose.
        overwrite: replace another cohort that lies in the folder; other files there are left alone.
        on_progress: called after each part, never if the cohort is complete already.
        writing: a language model that writes the notes; None for the embedded writer. It runs in this process.
        on_note: called after each note of a model.

    Returns:
        The cohort folder.

    Raises:
        CohortError: a bad count, an unwritable folder, a folder that holds another cohort, or one that another
            run is writing to.
        PackError: the pack cannot be loaded, or has no prompts for a model.
        BudgetExceeded: the model's budget is spent; the same command goes on, with everything kept.
        ModelError: the model cannot be opened, or answers no request.
    """
    _check_counts(patients, controls, seed, workers, part_patients)
    pack = load_pack(pack_name)
    profile = profile or pack.profiles.default
    pack.profiles.profile(profile)
    options = RowOptions(
        pack=pack.id,
        pack_version=pack.version,
        pack_fingerprint=pack.fingerprint,
        profile=profile,
        patients=patients,
        controls=controls,
        seed=seed,
        writer=PassageWriter.name if writing is None else writing.choice.name,
        part_patients=part_patients,
        software=dualalign.__version__,
        extra={} if writing is None else writing.row_options(),
    )
    people = People(pack, options)
    out = Path(folder)
    with sole_run(out):
        made = claim_folder(out, options, overwrite)
        if made is not None and all_done(out, made) and not _unwritten(made):
            close_parts(out)
            return out
        write_manifest(out, options, False, None)
        open_parts(out)
        run = PartRun(pack.folder.resolve(), profile, seed, out)
        if writing is None:
            _make_missing(run, people, workers, on_progress)
        else:
            _make_with_model(run, people, writing, on_progress, on_note)
        counts = _finish(out, people.parts)
        if writing is not None:
            from dualalign.cohort.model_counts import count_writing

            counts["writing"] = count_writing(out, people.parts, writing)
        write_manifest(out, options, True, counts)
        close_parts(out)
    return out


def _unwritten(manifest: dict[str, Any]) -> bool:
    """Return whether a model left notes of a complete cohort unwritten, for which it is to be asked again."""
    return bool(manifest["counts"].get("writing", {}).get("unwritten"))


def _check_counts(patients: int, controls: int, seed: int, workers: int, part_patients: int) -> None:
    for name, value, least in (
        ("patients", patients, 1),
        ("controls", controls, 0),
        ("seed", seed, 0),
        ("workers", workers, 1),
        ("part size", part_patients, 1),
    ):
        if value < least:
            raise CohortError(f"{name} is {value}", f"give a whole number of at least {least}")
    if max(patients, controls) > MOST_PEOPLE:
        raise CohortError(
            f"{max(patients, controls):,} people in one cohort",
            f"ask for at most {MOST_PEOPLE:,}, and make several cohorts with other seeds",
        )
    if patients + controls > MOST_PARTS * part_patients:
        raise CohortError(
            f"{patients + controls:,} people in parts of {part_patients}",
            f"a cohort has at most {MOST_PARTS:,} parts: ask for fewer people or larger parts",
        )


def _make_missing(
    run: PartRun, people: People, workers: int, on_progress: Callable[[Progress], None] | None
) -> None:
    tally = _Tally(run.folder, people, on_progress)
    for made in make_parts(run, tally.todo, people.of_part, workers):
        tally.add(made)


def _make_with_model(
    run: PartRun,
    people: People,
    writing: ModelWriting,
    on_progress: Callable[[Progress], None] | None,
    on_note: Callable[[WritingProgress], None] | None,
) -> None:
    from dualalign.cohort.model_parts import make_model_parts, read_unwritten

    tally = _Tally(run.folder, people, on_progress, lambda part: not read_unwritten(run.folder, part))
    patients = sum(people.count(part) for part in tally.todo)
    if tally.todo:
        make_model_parts(run, writing, tally.todo, people.of_part, patients, tally.add, on_note)


class _Tally:
    """Which parts are to be made, and how far the run is."""

    def __init__(
        self,
        folder: Path,
        people: People,
        on_progress: Callable[[Progress], None] | None,
        is_final: Callable[[int], bool] = lambda part: True,
    ) -> None:
        finished = [part for part in range(people.parts) if part_done(folder, part) and is_final(part)]
        self.todo = sorted(set(range(people.parts)) - set(finished))
        self._done = Progress(
            len(finished),
            people.parts,
            sum(people.count(part) for part in finished),
            sum(count_rows(part_path(folder, "notes", part)) for part in finished),
        )
        self._on_progress = on_progress

    def add(self, made: PartDone) -> None:
        done = self._done
        self._done = Progress(
            done.parts + 1, done.of_parts, done.patients + made.patients, done.notes + made.notes
        )
        if self._on_progress is not None:
            self._on_progress(self._done)


def _finish(folder: Path, parts: int) -> dict[str, Any]:
    # Workers need none of it, and it would take 8 MB of each.
    import pyarrow.compute as pc

    rows = {
        name: join_parts((part_path(folder, name, part) for part in range(parts)), folder / f"{name}.parquet")
        for name in WHOLE
    }
    sentences = 0
    labels: Counter[str] = Counter()
    unlabelled = 0
    for part in range(parts):
        column = read_parquet_part(part_path(folder, "sentences", part), ["labels"])["labels"]
        sentences += len(column)
        unlabelled += pc.sum(pc.equal(pc.list_value_length(column), 0)).as_py() or 0
        labels.update(
            {row["values"]: row["counts"] for row in pc.value_counts(pc.list_flatten(column)).to_pylist()}
        )
    return {
        "parts": parts,
        "patients": rows["personas"],
        "notes": rows["visits"],
        "mentions": rows["mentions"],
        "measurements": rows["measurements"],
        **{name: rows[name] for name in ("conditions", "medications", "events", "family")},
        "sentences": sentences,
        "unlabelled_sentences": unlabelled,
        "labels": dict(sorted(labels.items())),
    }
