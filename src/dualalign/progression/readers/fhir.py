"""Read FHIR R4, as bundles or as bulk export: Patient, Observation, Condition and DocumentReference."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dualalign.errors import ProgressionError
from dualalign.files import check_file, identity, parse_json, read_rows
from dualalign.files.kinds import reading
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.mapping import BIRTH, NOTE, Mapping, load_mapping
from dualalign.progression.records import (
    BOUND,
    PERSON,
    Record,
    days_of,
    number_of,
    only_of_people,
    read_records,
    subject_of,
)

Resource = dict[str, Any]
_NOT_HAPPENED = {"entered-in-error", "cancelled", "registered"}
_NOT_SO = {"refuted", "entered-in-error"}
_NOT_THE_DOCUMENT = {"entered-in-error", "superseded"}
_NO_TEXT = "documents without plain text in them"
_BUNDLES = (".json",)
_LINES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
ENDINGS = (*_BUNDLES, *_LINES)
"""Endings of files of FHIR, in any case."""


def read_fhir(path: str | Path, mapping: str | Path | Mapping) -> LongitudinalData:
    """Read a bundle, the NDJSON of a bulk export (also compressed), or all such files of a folder.

    Values come from Observation.valueQuantity, valueInteger and components; events from Condition.onsetDateTime,
    else recordedDate; texts (code `note`) from plain-text attachments held in the file; facts from Patient. What was
    entered in error, cancelled, refuted or superseded is left out, and so is a value that is a bound (`<28`).

    Args:
        path: a .json or .ndjson file, or a folder of them.
        mapping: which codes are which features; a code is `system|code` or bare.

    Raises:
        ProgressionError: no bundle, a resource that cannot be read, or a check failed.
    """
    chosen = mapping if isinstance(mapping, Mapping) else load_mapping(mapping)
    left_out: Counter[str] = Counter()
    records = only_of_people(_records(Path(path), chosen, left_out), str(path))
    return read_records(records, chosen, str(path), left_out=left_out)


def _records(path: Path, mapping: Mapping, left_out: Counter[str]) -> Iterator[Record]:
    codes = mapping.codes()
    for where, resource in _resources(path):
        try:
            yield from _read(resource, codes, where, left_out)
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError):
            kind = _kind(resource)
            raise ProgressionError(f"{where}: {kind} without what R4 asks for", "correct it") from None


def _kind(resource: Resource) -> str:
    """Return the kind of a resource, if it is one that is read."""
    kind = resource.get("resourceType")
    return kind if kind in ("Patient", "Observation", "Condition", "DocumentReference") else "a resource"


def _resources(path: Path) -> Iterator[tuple[str, Resource]]:
    files = [path]
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if each.name.lower().endswith(ENDINGS))
    for file in files:
        yield from _lines(file) if file.name.lower().endswith(_LINES) else _bundle(file)


def _lines(file: Path) -> Iterator[tuple[str, Resource]]:
    for row in read_rows(file, (), None, ProgressionError):
        where = f"{file}: row {row.number}"
        if row.problem:
            raise ProgressionError(f"{where}: {row.problem}", "give one resource a line")
        yield where, dict(row.values)


def _bundle(file: Path) -> Iterator[tuple[str, Resource]]:
    check_file(file, ProgressionError)
    try:
        with reading(file, ProgressionError):
            bundle = parse_json(file.read_bytes())
    except ValueError as error:
        raise ProgressionError(f"{file}: cannot be read ({error})", "give FHIR R4 in JSON") from None
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise ProgressionError(f"{file}: not a Bundle", "give FHIR R4 bundles, or NDJSON of a bulk export")
    entries = bundle.get("entry")
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield f"{file}: entry {number}", entry["resource"]


def _read(resource: Resource, codes: frozenset[str], where: str, left_out: Counter[str]) -> Iterator[Record]:
    kind = resource.get("resourceType")
    if kind == "Patient":
        yield from _patient(resource, codes, where)
    elif kind == "Observation" and resource.get("status") not in _NOT_HAPPENED:
        yield from _observation(resource, codes, where, left_out)
    elif kind == "Condition" and not _codes(resource.get("verificationStatus")) & _NOT_SO:
        code = _known(resource, codes)
        when = resource.get("onsetDateTime") or resource.get("recordedDate")
        if code is not None and when:
            yield Record(_subject(resource, where), days_of(when, where), code)
    elif (
        kind == "DocumentReference"
        and NOTE in codes
        and not {resource.get("status"), resource.get("docStatus")} & _NOT_THE_DOCUMENT
    ):
        yield from _document(resource, where, left_out)


def _patient(resource: Resource, codes: frozenset[str], where: str) -> Iterator[Record]:
    subject = subject_of(resource["id"], f"{where}: id")
    yield Record(subject, None, PERSON)
    if resource.get("birthDate"):
        yield Record(subject, days_of(resource["birthDate"], where), BIRTH)
    for name in codes & resource.keys():
        yield Record(subject, None, name, resource[name], where=f"{where}: {name}")


def _observation(
    resource: Resource, codes: frozenset[str], where: str, left_out: Counter[str]
) -> Iterator[Record]:
    when = resource.get("effectiveDateTime") or resource.get("effectivePeriod", {}).get("start")
    for part in [resource, *resource.get("component", [])]:
        code = _known(part, codes)
        quantity = part.get("valueQuantity", {})
        value = quantity.get("value", part.get("valueInteger"))
        if code is None or value is None:
            continue
        place = f"{where}: {code}"
        if not when:
            raise ProgressionError(f"{place} without a date", "give effectiveDateTime")
        if quantity.get("comparator"):
            left_out[BOUND] += 1
            continue
        unit = identity(quantity.get("unit") or quantity.get("code"))
        found = number_of(value, place)
        yield Record(_subject(resource, where), days_of(when, where), code, found, unit, where=place)


def _document(resource: Resource, where: str, left_out: Counter[str]) -> Iterator[Record]:
    for content in resource["content"]:
        attachment = content["attachment"]
        if not attachment.get("contentType", "").startswith("text/plain") or "data" not in attachment:
            left_out[_NO_TEXT] += 1
            continue
        when = resource.get("date") or attachment.get("creation")
        if not when:
            raise ProgressionError(f"{where}: a document without a date", "give `date`")
        try:
            text = base64.b64decode(attachment["data"], validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise ProgressionError(f"{where}: attachment cannot be decoded", "use base64 of UTF-8") from None
        if text.strip():
            yield Record(_subject(resource, where), days_of(when, where), NOTE, text)


def _subject(resource: Resource, where: str) -> str:
    reference = str(resource["subject"]["reference"]).rsplit("/", 1)[-1].removeprefix("urn:uuid:")
    return subject_of(reference, f"{where}: subject")


def _known(part: Resource, codes: frozenset[str]) -> str | None:
    for coding in part.get("code", {}).get("coding", []):
        for key in (f"{coding.get('system')}|{coding.get('code')}", str(coding.get("code"))):
            if key in codes:
                return key
    return None


def _codes(concept: Any) -> set[str]:
    codings = concept.get("coding", []) if concept else []
    return {str(coding.get("code")) for coding in codings}
