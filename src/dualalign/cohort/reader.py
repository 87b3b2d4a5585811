"""Read a cohort folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dualalign.cohort.folder import PARTED, WHOLE
from dualalign.cohort.manifest import read_manifest
from dualalign.cohort.parts import read_batches, read_head, read_parquet_part, read_patient
from dualalign.cohort.table_checks import REMEDY, check_columns, check_count, checked
from dualalign.errors import CohortError, PackError

if TYPE_CHECKING:
    import datasets
    import pandas

    from dualalign.packs import Pack

BATCH_ROWS = 8_192


class _Table:
    """A table of a cohort as an attribute, read anew each time."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, cohort: Cohort | None, owner: type) -> pa.Table:
        return self if cohort is None else cohort.table(self._name)


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort on disk; tables are read when asked for.

    Args:
        folder: the cohort folder.
        manifest: its manifest.
    """

    folder: Path
    manifest: dict[str, Any]

    personas = _Table()
    """One row per patient: factors, dates, sex, informants."""
    visits = _Table()
    """One row per visit: reason, stage, test scores, medicines, vital signs."""
    mentions = _Table()
    """One row per planned mention of a symptom: how asserted, by whom, and its characters in the note."""
    notes = _Table()
    """One row per note: its text and who wrote it."""
    sentences = _Table()
    """One row per sentence: its characters in the note, labels and their source."""
    measurements = _Table()
    """One row per laboratory value, brain volume or biomarker."""
    conditions = _Table()
    """One row per illness of a patient."""
    medications = _Table()
    """One row per step of a medicine: start, change of dose, stop."""
    events = _Table()
    """One row per complaint, stay in hospital, operation, bereavement or move."""
    family = _Table()
    """One row per relative."""

    def __repr__(self) -> str:
        counts = self.manifest["counts"]
        said = ", ".join(
            f"{counts[name]:,} {name}" for name in ("patients", "notes", "sentences", "mentions")
        )
        return f"<Cohort {str(self.folder)!r} of pack '{self.pack_id}': {said}>"

    @property
    def pack_id(self) -> str:
        """Id of the pack the cohort was made with."""
        return str(self.manifest["options"]["pack"])

    @property
    def profile(self) -> str:
        """Profile the cohort was made with."""
        return str(self.manifest["options"]["profile"])

    def parts(self, table: str) -> list[Path]:
        """Return the part files of `notes` or `sentences`, in order."""
        found = sorted((self.folder / table).glob("part-*.parquet"))
        expected = self.manifest["counts"]["parts"]
        if len(found) != expected:
            raise CohortError(
                f"{self.folder / table}: {len(found)} part files where the manifest counts {expected}",
                "run `dualalign generate` again with the same options to rebuild what is missing",
            )
        return found

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Return one table whole.

        Args:
            name: `personas`, `visits`, `mentions`, `notes`, `sentences`, `measurements`, `conditions`,
                `medications`, `events` or `family`.
            columns: the columns wanted, all if None.

        Raises:
            CohortError: no such table or column, or a file that is missing or cut short.
        """
        if name in PARTED:
            try:
                return pa.concat_tables(list(self.iterate(name, columns)))
            except pa.ArrowInvalid:
                place = self.folder / name
                raise CohortError(
                    f"{place}: parts differ in their columns; it was damaged or changed", REMEDY
                ) from None
        path = self._whole(name)
        return checked(read_parquet_part(path, columns), name, path)

    def to_pandas(self, table: str = "sentences", columns: list[str] | None = None) -> pandas.DataFrame:
        """Return one table as a pandas data frame; needs the extra `pandas`.

        Args:
            table: its name, as for `table`.
            columns: the columns wanted, all if None.

        Raises:
            CohortError: as `table` does, and where pandas is not installed.
        """
        _need("pandas")
        return self.table(table, columns).to_pandas()

    def to_datasets(self, table: str = "sentences", columns: list[str] | None = None) -> datasets.Dataset:
        """Return one table as a Hugging Face data set; needs the extra `datasets`.

        Args:
            table: its name, as for `table`.
            columns: the columns wanted, all if None.

        Raises:
            CohortError: as `table` does, and where datasets is not installed.
        """
        _need("datasets")
        from datasets import Dataset

        return Dataset(self.table(table, columns))

    def iterate(self, name: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield `notes` or `sentences` part by part, in flat memory.

        Raises:
            CohortError: as `table` does.
        """
        for part in self.parts(name):
            table = read_parquet_part(part, columns)
            if columns is None:
                check_columns(table.column_names, name, part)
            yield checked(table, name, part)

    def batches(self, name: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Yield another table some thousand rows at a time, in flat memory.

        Raises:
            CohortError: as `table` does.
        """
        path = self._whole(name)
        for batch in read_batches(path, columns, BATCH_ROWS):
            yield checked(batch, name, path)

    def patient_rows(self, name: str, patient_id: str) -> list[dict[str, Any]]:
        """Return the rows of one patient of any table, in their order.

        Raises:
            CohortError: as `table` does.
        """
        paths = self.parts(name) if name in PARTED else [self._whole(name)]
        return [
            row
            for path in paths
            for rows in read_patient(path, patient_id)
            for row in checked(rows, name, path).to_pylist()
        ]

    def check(self) -> None:
        """Look at the head of every file, so that a missing or changed one is told before any work.

        Raises:
            CohortError: as `table` does, and for another number of rows than the manifest counts; empty cells and
                damage inside a file are found when it is read.
        """
        counts = self.manifest["counts"]
        for name in (*WHOLE, *PARTED):
            place = self.folder / (name if name in PARTED else f"{name}.parquet")
            rows = 0
            for path in self.parts(name) if name in PARTED else [place]:
                table, size = read_head(path)
                check_columns(checked(table, name, path).column_names, name, path)
                rows += size
            check_count(rows, name, counts, place)

    def _whole(self, name: str) -> Path:
        if name not in WHOLE:
            raise CohortError(f"a cohort has no table '{name}'", f"ask for {', '.join((*PARTED, *WHOLE))}")
        return self.folder / f"{name}.parquet"


def open_cohort(folder: str | Path, pack: str | None = None) -> Cohort:
    """Open a finished cohort.

    Args:
        folder: the cohort folder.
        pack: pack id the caller expects; None accepts any.

    Raises:
        CohortError: not a cohort, not finished, or of another pack.
    """
    path = Path(folder)
    manifest = read_manifest(path)
    if not manifest["complete"]:
        raise CohortError(
            f"{path}: the run was not finished", "run the same `dualalign generate` command again"
        )
    cohort = Cohort(path, manifest)
    if pack is not None and cohort.pack_id != pack:
        raise _other_pack(cohort, pack)
    return cohort


def pack_of(cohort: Cohort, pack: str | Path | None = None) -> Pack:
    """Return the pack of a cohort.

    Args:
        cohort: a finished cohort.
        pack: name or folder of the pack; None takes the name in the manifest.

    Raises:
        CohortError: the cohort was made with another pack.
        PackError: the pack cannot be loaded.
    """
    from dualalign.packs import load_pack

    try:
        loaded = load_pack(pack or cohort.pack_id)
    except PackError:
        if pack is not None:
            raise
        raise PackError(
            f"{cohort.folder}: made with pack '{cohort.pack_id}', which is not installed",
            "give its folder with --pack",
        ) from None
    if loaded.id != cohort.pack_id:
        raise _other_pack(cohort, loaded.id)
    return loaded


def _other_pack(cohort: Cohort, pack: str) -> CohortError:
    return CohortError(
        f"{cohort.folder}: made with pack '{cohort.pack_id}', not '{pack}'", f"use --pack {cohort.pack_id}"
    )


def _need(package: str) -> None:
    if find_spec(package) is None:
        raise CohortError(f"{package} is not installed", f"pip install 'dualalign[{package}]'")
