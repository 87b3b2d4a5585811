"""A loaded disease pack: one attribute per YAML file, material read when first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dualalign.packs.schema.complaints import ComplaintFile
    from dualalign.packs.schema.symptoms import SymptomFile


@dataclass
class Pack:
    """Everything specific to one disease.

    Args:
        folder: where the pack lies.
        parts: file stem -> validated model, the pack's own before those of packs it extends.
        material_paths: files of symptoms and of complaints, own and extended, in a fixed order.
        fingerprint: SHA-256 over the bytes of every file, own and extended.
    """

    folder: Path
    parts: dict[str, Any]
    material_paths: dict[str, list[Path]]
    fingerprint: str

    def __getattr__(self, name: str) -> Any:
        parts = self.__dict__.get("parts", {})
        if name in parts:
            return parts[name]
        raise AttributeError(f"the pack has no {name}.yaml")

    @property
    def id(self) -> str:
        """Id of the pack, as its folder is usually named."""
        return str(self.parts["pack"].id)

    @property
    def version(self) -> str:
        """Version of the pack."""
        return str(self.parts["pack"].version)

    @property
    def sources(self) -> dict[str, Any]:
        """Source key -> citation, of the pack and of those it extends."""
        return dict(self.parts["pack"].sources)

    @cached_property
    def symptoms(self) -> list[SymptomFile]:
        """Every file of symptom material, own first."""
        from dualalign.packs.loader import load_file
        from dualalign.packs.schema.symptoms import SymptomFile

        return [load_file(path, SymptomFile) for path in self.material_paths["symptoms"]]

    @cached_property
    def complaints(self) -> list[ComplaintFile]:
        """Every file of complaints, own first."""
        from dualalign.packs.loader import load_file
        from dualalign.packs.schema.complaints import ComplaintFile

        return [load_file(path, ComplaintFile) for path in self.material_paths["complaints"]]
