"""Make a cohort on disk, part by part, so that a killed run goes on where it stopped."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dualalign
from dualalign.cohort.manifest import MANIFEST, RowOptions, read_manifest, write_manifest
from dualalign.cohort.parts import join_parts, read_parquet_part, write_parquet
from dualalign.cohort.tables import (
    MENTIONS,
    NOTES,
    SENTENCES,
    VISITS,
    add_mentions,
    add_note,
    add_sentences,
    add_visits,
    empty_columns,
    personas_table,
    to_table,
)
from dualalign.errors import CohortError
from dualalign.notes import GrammarWriter
from dualalign.packs import load_pack
from dualalign.personas import match_controls, sample_personas
from dualalign.trajectories import TrajectorySimulator

if TYPE_CHECKING:
    from dualalign.packs import Pack
    from dualalign.personas import Persona

DEFAULT_PART_PATIENTS = 20
_PENDING = ".parts"
_JOINED = (("visits", VISITS), ("mentions", MENTIONS))
_KEPT = (("notes", NOTES), ("sentences", SENTENCES))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: parts and notes done so far, of so many parts."""

    parts: int
    of_parts: int
    patients: int
    notes: int


class PartMaker:
    """Simulates and writes the patients of one part after another.

    Args:
        pack: loaded pack.
        profile: pack profile.
        seed: of the run.
        folder: the cohort folder.
    """

    def __init__(self, pack: Pack, profile: str, seed: int, folder: Path) -> None:
        self._simulator = TrajectorySimulator(pack, profile)
        self._writer = GrammarWriter(pack)
        self._seed = seed
        self._folder = folder

    def make(self, part: int, personas: Sequence[Persona]) -> tuple[int, int, int]:
        """Write one part's four files; the notes file comes last and marks the part done.

        Returns:
            The part's number, patients and notes.
        """
        columns = {name: empty_columns(schema) for name, schema in (*_JOINED, *_KEPT)}
        notes_made = 0
        for persona in personas:
            trajectory = self._simulator.simulate(persona, self._seed)
            notes = self._writer.write_patient(persona, trajectory.plans, self._seed)
            add_visits(columns["visits"], trajectory.plans)
            for plan, note in zip(trajectory.plans, notes, strict=True):
                add_mentions(columns["mentions"], plan, note)
                add_note(columns["notes"], plan, note)
                add_sentences(columns["sentences"], plan, note)
            notes_made += len(notes)
        for name, schema in (*_JOINED, _KEPT[1], _KEPT[0]):
            write_parquet(to_table(columns[name], schema), part_path(self._folder, name, part))
        return part, len(personas), notes_made


def part_path(folder: Path, table: str, part: int) -> Path:
    """Return where one part of a table lies while a run goes on, and after it for notes and sentences."""
    base = folder / table if table in ("notes", "sentences") else folder / _PENDING / table
    return base / f"part-{part:05d}.parquet"


_maker: PartMaker | None = None


def _start_worker(pack: str, profile: str, seed: int, folder: Path) -> None:
    global _maker
    _maker = PartMaker(load_pack(pack), profile, seed, folder)


def _make_part(part: int, personas: Sequence[Persona]) -> tuple[int, int, int]:
    assert _maker is not None
    return _maker.make(part, personas)


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
) -> Path:
    """Make a synthetic cohort, or finish one that was interrupted.

    The same pack, profile, counts and seed give the same bytes, whatever the number of workers and however often
    the run was killed.

    Args:
        pack_name: name or folder of a pack.
        folder: where the cohort goes; created if absent.
        patients: number of cases, 1 or more.
        controls: number of people without the disease, matched to the cases on age and sex.
        profile: pack profile, the pack's default if None.
        seed: 0 or greater.
        workers: processes, 1 or more.
        part_patients: patients per part file.
        overwrite: replace another cohort that lies in the folder.
        on_progress: called after each part.

    Returns:
        The cohort folder.

    Raises:
        CohortError: a bad count, an unwritable folder, or a folder that holds another cohort.
        PackError: the pack cannot be loaded.
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
        writer=GrammarWriter.name,
        part_patients=part_patients,
    )
    out = _prepare_folder(Path(folder), options, overwrite)
    manifest = read_manifest(out) if (out / MANIFEST).exists() else None
    if manifest is not None and manifest["complete"] and _all_parts_present(out, manifest):
        return out
    write_manifest(out, options, dualalign.__version__, False, None)
    personas = _personas(pack, options)
    write_parquet(personas_table(personas, pack.factors.ids()), out / "personas.parquet")
    batches = [personas[i : i + part_patients] for i in range(0, len(personas), part_patients)]
    todo = [part for part in range(len(batches)) if not _part_done(out, part)]
    done_notes = 0
    done_patients = sum(len(batches[p]) for p in range(len(batches)) if p not in set(todo))
    for made, (_, part_people, part_notes) in enumerate(
        _make_all(pack_name, options, out, batches, todo, workers), 1
    ):
        done_notes += part_notes
        done_patients += part_people
        if on_progress is not None:
            on_progress(Progress(len(batches) - len(todo) + made, len(batches), done_patients, done_notes))
    counts = _finish(out, len(batches), len(personas))
    write_manifest(out, options, dualalign.__version__, True, counts)
    shutil.rmtree(out / _PENDING, ignore_errors=True)
    return out


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


def _prepare_folder(folder: Path, options: RowOptions, overwrite: bool) -> Path:
    try:
        if (folder / MANIFEST).exists():
            found = read_manifest(folder)
            if found["fingerprint"] != options.fingerprint():
                if not overwrite:
                    raise CohortError(
                        f"{folder}: holds another cohort ({_differences(found['options'], options)})",
                        "choose another --out, or --overwrite to replace it",
                    )
                shutil.rmtree(folder)
        elif folder.exists() and not folder.is_dir():
            raise CohortError(f"{folder}: is a file", "name a folder for the cohort")
        elif folder.exists() and any(folder.iterdir()) and not overwrite:
            raise CohortError(
                f"{folder}: is not empty and not a cohort", "choose another --out, or --overwrite"
            )
        for name in ("notes", "sentences"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, _ in _JOINED:
            (folder / _PENDING / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CohortError(
            f"{folder}: cannot be written ({error.strerror})", "choose a folder that you may write to"
        ) from None
    return folder


def _differences(found: dict[str, Any], wanted: RowOptions) -> str:
    mine = {name: getattr(wanted, name) for name in wanted.__dataclass_fields__}
    different = [f"{k} {found.get(k)} instead of {v}" for k, v in mine.items() if found.get(k) != v]
    return "; ".join(different) or "made by another version"


def _personas(pack: Pack, options: RowOptions) -> list[Persona]:
    cases = sample_personas(pack, options.patients, options.seed, options.profile)
    personas = list(cases)
    if options.controls:
        personas += list(match_controls(cases, pack, options.controls, options.seed))
    return personas


def _part_done(folder: Path, part: int) -> bool:
    return all(part_path(folder, name, part).exists() for name, _ in (*_JOINED, *_KEPT))


def _all_parts_present(folder: Path, manifest: dict[str, Any]) -> bool:
    parts = manifest["counts"]["parts"]
    tables = all((folder / f"{name}.parquet").exists() for name, _ in _JOINED)
    return tables and all(
        part_path(folder, name, part).exists() for part in range(parts) for name, _ in _KEPT
    )


def _make_all(
    pack_name: str | Path,
    options: RowOptions,
    folder: Path,
    batches: list[list[Persona]],
    todo: list[int],
    workers: int,
) -> Iterator[tuple[int, int, int]]:
    if workers == 1 or len(todo) < 2:
        maker = PartMaker(load_pack(pack_name), options.profile, options.seed, folder)
        for part in todo:
            yield maker.make(part, batches[part])
        return
    with ProcessPoolExecutor(
        max_workers=min(workers, len(todo)),
        mp_context=get_context("spawn"),
        initializer=_start_worker,
        initargs=(str(pack_name), options.profile, options.seed, folder),
    ) as pool:
        try:
            for future in as_completed([pool.submit(_make_part, part, batches[part]) for part in todo]):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _finish(folder: Path, parts: int, patients: int) -> dict[str, Any]:
    rows = {
        name: join_parts(
            [part_path(folder, name, part) for part in range(parts)], folder / f"{name}.parquet", schema
        )
        for name, schema in _JOINED
    }
    sentences = 0
    labels: Counter[str] = Counter()
    unlabelled = 0
    for part in range(parts):
        column = read_parquet_part(part_path(folder, "sentences", part), ["labels"])["labels"]
        sentences += len(column)
        for chunk in column.chunks:
            labels.update(chunk.flatten().to_pylist())
            lengths = chunk.value_lengths().to_numpy(zero_copy_only=False)
            unlabelled += int((lengths == 0).sum())
    return {
        "parts": parts,
        "patients": patients,
        "notes": rows["visits"],
        "mentions": rows["mentions"],
        "sentences": sentences,
        "unlabelled_sentences": unlabelled,
        "labels": dict(sorted(labels.items())),
    }
