"""How files and folders are written: one run at a time, beside what lies there, and put in its place whole."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dualalign.errors import CohortError, DualAlignError
from dualalign.files.json_text import parse_json

PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


@contextmanager
def written_beside(path: Path, private: bool = False) -> Iterator[Path]:
    """Yield a path to write to; on leaving, the file takes its place, or nothing does if an error was raised.

    What lies behind a link is replaced and the link stays; a device or a pipe is written to as it is.

    Args:
        path: where the file goes.
        private: whether only its owner may read it, as is due to real text.
    """
    if _is_device(path):
        yield path
        return
    target = path.resolve()
    half = _half_of(target)
    try:
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE if private else 0o666))
        if target.exists() and not private:
            half.chmod(stat.S_IMODE(target.stat().st_mode))
        yield half
        half.replace(target)
    except BaseException:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise


def _is_device(path: Path) -> bool:
    """Return whether a path stands for a pipe, a screen or the like, such as /dev/stdout wherever that leads."""
    return str(path).startswith(("/dev/fd/", "/dev/std", "/proc/")) or (path.exists() and not path.is_file())


def _half_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


def write_text(path: Path, text: str, private: bool = False) -> None:
    """Write a text file in one step, so that a reader never sees half of it."""
    with written_beside(path, private) as half:
        half.write_text(text, encoding="utf-8")


def check_writable(file: Path, option: str) -> None:
    """Refuse a file that could not be written, before any work is done for it.

    Args:
        file: where the file is to go.
        option: of the command line that names it.

    Raises:
        DualAlignError: a folder of that name, none to put it in, or one that may not be written to.
    """
    if file.is_dir():
        raise DualAlignError(f"{file}: is a folder", f"name a file with {option}")
    if not _is_device(file):
        with refusals_said(file, DualAlignError, f"choose another {option}"):
            half = _half_of(file.resolve())
            half.touch()
            half.unlink()


def read_object(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds; an empty one where there is none, or none that can be read."""
    try:
        content = parse_json(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def keep_private(file: Path) -> None:
    """Make a file if there is none, and let only its owner read it."""
    with suppress(OSError):
        file.touch(_PRIVATE_FILE)
        file.chmod(_PRIVATE_FILE)


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to write to; on leaving, what it holds replaces what has the same names in `folder`.

    A file that ends in .json is put in its place last, so that it can tell of the others.
    """
    half = folder / f".half.{os.getpid()}"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    try:
        yield half
        for made in sorted(half.iterdir(), key=lambda each: (each.is_file(), each.suffix == ".json")):
            old = folder / made.name
            if old.is_dir() and not old.is_symlink():
                shutil.rmtree(old)
            made.replace(old)
    finally:
        shutil.rmtree(half, ignore_errors=True)
        with suppress(OSError):
            folder.rmdir()  # where nothing came of it


def remove_parts(folder: Path) -> None:
    """Remove the part files of a folder, also behind a link, and the folder itself if nothing else is left in it.

    Raises:
        OSError: one of them cannot be removed.
    """
    if not folder.is_dir():
        return
    for pattern in ("part-*", ".part-*"):
        for path in folder.glob(pattern):
            path.unlink()
    if not folder.is_symlink():
        with suppress(OSError):
            folder.rmdir()


def remove_halves(folder: Path) -> None:
    """Remove the files that a killed run had begun and not yet given their names."""
    for kind in ("parquet", "json", "jsonl", "csv"):
        for path in folder.glob(f".*.{kind}.*"):
            path.unlink(missing_ok=True)


@contextmanager
def refusals_said(
    place: Path, kind: type[DualAlignError], remedy: str = "choose a folder that you may write to"
) -> Iterator[None]:
    """Turn a refusal of the file system into one clear line."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileExistsError) and place.is_file():
            raise kind(f"{place}: is a file", "name a folder") from None
        reason = os.strerror(error.errno) if error.errno else str(error).splitlines()[0]
        raise kind(f"{place}: cannot be written ({reason})", remedy) from None


@contextmanager
def sole_run(folder: Path, kind: type[DualAlignError] = CohortError, private: bool = False) -> Iterator[None]:
    """Make the folder if need be and hold it for one run; the system lets go of it however the process ends.

    A folder that was made here and is left empty by an error is removed again.

    Args:
        folder: where the run writes.
        kind: of the errors raised.
        private: whether a folder that is made here may be read by its owner alone.

    Raises:
        DualAlignError: another run holds it, or it cannot be made.
    """
    with refusals_said(folder, kind):
        made = not folder.exists()
        folder.mkdir(PRIVATE_FOLDER if private else 0o777, parents=True, exist_ok=True)
        handle = _locked(folder, kind)
    try:
        yield
    except BaseException:
        if made:
            with suppress(OSError):
                folder.rmdir()
        raise
    finally:
        if handle is not None:
            os.close(handle)


def _locked(folder: Path, kind: type[DualAlignError]) -> int | None:
    try:
        import fcntl
    except ImportError:
        return None  # Windows has no such lock
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network file systems refuse every lock; only a held one means another run.
        if error.errno in (errno.EAGAIN, errno.EACCES):
            os.close(handle)
            raise kind(
                f"{folder}: another run is writing there", "wait for it to end, or choose another folder"
            ) from None
    # The run that held it may have removed the folder and left this one with nothing.
    if not folder.exists() or not os.path.samestat(os.fstat(handle), os.stat(folder)):
        os.close(handle)
        raise kind(f"{folder}: another run was writing there", "run the same command again")
    return handle
