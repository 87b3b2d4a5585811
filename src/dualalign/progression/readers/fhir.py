"""Read FHIR R4, as bundles or as bulk export: Patient, Observation, Condition and DocumentReference."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dualalign.errors import ProgressionError
from dualalign.files import check_file, identity, parse_json, read_rows
from dualalign.files.kinds import reading
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.readers.coded_mapping import CodedMapping, load_coded_mapping
from dualalign.progression.readers.dated_rows import BOUND, DatedRows, parse_date
from dualalign.progression.readers.values import number_of, subject_of

Resource = dict[str, Any]
_NOT_HAPPENED = {"entered-in-error", "cancelled", "registered"}
_NOT_SO = {"refuted", "entered-in-error"}
_NOT_THE_DOCUMENT = {"entered-in-error", "superseded"}
_NO_TEXT = "documents without plain text in them"
_BUNDLES = (".json",)
_LINES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
ENDINGS = (*_BUNDLES, *_LINES)
"""Endings of files of FHIR, in any case."""


def read_fhir(path: str | Path, mapping: str | Path | CodedMapping) -> LongitudinalData:
    """Read a bundle, the NDJSON of a bulk export (also compressed), or all such files of a folder.

    Values come from Observation.valueQuantity, valueInteger and components; events from Condition.onsetDateTime,
    else recordedDate; texts from plain-text attachments held in the file. What was entered in error, cancelled,
    refuted or superseded is left out, and so is a value that is a bound (`<28`).

    Args:
        path: a .json or .ndjson file, or a folder of them.
        mapping: which codes are which features.

    Raises:
        ProgressionError: no bundle, a resource that cannot be read, or a check failed.
    """
    chosen = mapping if isinstance(mapping, CodedMapping) else load_coded_mapping(mapping)
    folder = Path() if isinstance(mapping, CodedMapping) else Path(mapping).parent
    rows = DatedRows(chosen, folder, str(path))
    for where, resource in _resources(Path(path)):
        try:
            _add(rows, chosen, resource, where)
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError):
            kind = _kind(resource)
            raise ProgressionError(f"{where}: {kind} without what R4 asks for", "correct it") from None
    return rows.build()


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


def _add(rows: DatedRows, mapping: CodedMapping, resource: Resource, where: str) -> None:
    kind = resource.get("resourceType")
    if kind == "Patient":
        birth = resource.get("birthDate")
        rows.add_person(
            subject_of(resource["id"], f"{where}: id"), resource, parse_date(birth, where) if birth else None
        )
    elif kind == "Observation" and resource.get("status") not in _NOT_HAPPENED:
        _observation(rows, mapping, resource, where)
    elif kind == "Condition" and not _codes(resource.get("verificationStatus")) & _NOT_SO:
        event = _known(resource, mapping.events)
        when = resource.get("onsetDateTime") or resource.get("recordedDate")
        if event is not None and when:
            rows.events.append((_subject(resource, where), parse_date(when, where), event))
    elif (
        kind == "DocumentReference"
        and mapping.notes is not None
        and not {resource.get("status"), resource.get("docStatus")} & _NOT_THE_DOCUMENT
    ):
        _document(rows, resource, where)


def _observation(rows: DatedRows, mapping: CodedMapping, resource: Resource, where: str) -> None:
    when = resource.get("effectiveDateTime") or resource.get("effectivePeriod", {}).get("start")
    for part in [resource, *resource.get("component", [])]:
        feature = _known(part, mapping.observations)
        quantity = part.get("valueQuantity", {})
        value = quantity.get("value", part.get("valueInteger"))
        if feature is None or value is None:
            continue
        if not when:
            raise ProgressionError(f"{where}: {feature} without a date", "give effectiveDateTime")
        if quantity.get("comparator"):
            rows.leave_out(BOUND)
            continue
        unit = identity(quantity.get("unit") or quantity.get("code"))
        found = number_of(value, f"{where}: {feature}")
        rows.values.append((_subject(resource, where), parse_date(when, where), feature, found, unit))


def _document(rows: DatedRows, resource: Resource, where: str) -> None:
    for content in resource["content"]:
        attachment = content["attachment"]
        if not attachment.get("contentType", "").startswith("text/plain") or "data" not in attachment:
            rows.leave_out(_NO_TEXT)
            continue
        when = resource.get("date") or attachment.get("creation")
        if not when:
            raise ProgressionError(f"{where}: a document without a date", "give `date`")
        try:
            text = base64.b64decode(attachment["data"], validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise ProgressionError(f"{where}: attachment cannot be decoded", "use base64 of UTF-8") from None
        if text.strip():
            rows.texts.append((_subject(resource, where), parse_date(when, where), text))


def _subject(resource: Resource, where: str) -> str:
    reference = str(resource["subject"]["reference"]).rsplit("/", 1)[-1].removeprefix("urn:uuid:")
    return subject_of(reference, f"{where}: subject")


def _known(part: Resource, codes: dict[str, str]) -> str | None:
    for coding in part.get("code", {}).get("coding", []):
        for key in (f"{coding.get('system')}|{coding.get('code')}", str(coding.get("code"))):
            if key in codes:
                return codes[key]
    return None


def _codes(concept: Any) -> set[str]:
    codings = concept.get("coding", []) if concept else []
    return {str(coding.get("code")) for coding in codings}
