"""Read FHIR R4 bundles: Patient, Observation, Condition and DocumentReference."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dualalign.errors import ProgressionError
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.readers.coded_mapping import CodedMapping, load_coded_mapping
from dualalign.progression.readers.dated_rows import DatedRows, parse_date

Resource = dict[str, Any]
_NOT_HAPPENED = {"entered-in-error", "cancelled", "registered"}
_NOT_SO = {"refuted", "entered-in-error"}


def read_fhir(path: str | Path, mapping: str | Path | CodedMapping) -> LongitudinalData:
    """Read a bundle, or all bundles of a folder.

    Values come from Observation.valueQuantity, valueInteger and components; events from Condition.onsetDateTime,
    else recordedDate; texts from plain-text attachments held in the bundle. Observations and conditions entered
    in error, cancelled or refuted are left out.

    Args:
        path: a .json file or a folder of them.
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
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ProgressionError(
                f"{where}: {resource.get('resourceType')} without what R4 asks for ({error!r})", "correct it"
            ) from None
    return rows.build()


def _resources(path: Path) -> Iterator[tuple[str, Resource]]:
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    for file in files:
        try:
            bundle = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ProgressionError(f"{file}: cannot be read ({error})", "give FHIR R4 in JSON") from None
        if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
            raise ProgressionError(f"{file}: not a Bundle", "give FHIR R4 bundles")
        for number, entry in enumerate(bundle.get("entry", [])):
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                yield f"{file}: entry {number}", entry["resource"]


def _add(rows: DatedRows, mapping: CodedMapping, resource: Resource, where: str) -> None:
    kind = resource.get("resourceType")
    if kind == "Patient":
        birth = resource.get("birthDate")
        rows.add_person(resource["id"], resource, parse_date(birth, where) if birth else None)
    elif kind == "Observation" and resource.get("status") not in _NOT_HAPPENED:
        _observation(rows, mapping, resource, where)
    elif kind == "Condition" and _status(resource, "verificationStatus") not in _NOT_SO:
        event = _known(resource, mapping.events)
        when = resource.get("onsetDateTime") or resource.get("recordedDate")
        if event is not None and when:
            rows.events.append((_subject(resource), parse_date(when, where), event))
    elif kind == "DocumentReference" and mapping.notes is not None:
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
        unit = quantity.get("unit") or quantity.get("code")
        rows.values.append((_subject(resource), parse_date(when, where), feature, float(value), unit))


def _document(rows: DatedRows, resource: Resource, where: str) -> None:
    for content in resource["content"]:
        attachment = content["attachment"]
        if not attachment.get("contentType", "").startswith("text/plain") or "data" not in attachment:
            continue
        when = resource.get("date") or attachment.get("creation")
        if not when:
            raise ProgressionError(f"{where}: a document without a date", "give `date`")
        try:
            text = base64.b64decode(attachment["data"], validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ProgressionError(
                f"{where}: attachment cannot be decoded ({error})", "use base64 of UTF-8"
            ) from None
        if text.strip():
            rows.texts.append((_subject(resource), parse_date(when, where), text))


def _subject(resource: Resource) -> str:
    return str(resource["subject"]["reference"]).rsplit("/", 1)[-1].removeprefix("urn:uuid:")


def _known(part: Resource, codes: dict[str, str]) -> str | None:
    for coding in part.get("code", {}).get("coding", []):
        for key in (f"{coding.get('system')}|{coding.get('code')}", str(coding.get("code"))):
            if key in codes:
                return codes[key]
    return None


def _status(resource: Resource, name: str) -> str | None:
    codings = resource.get(name, {}).get("coding", [])
    return codings[0].get("code") if codings else None
