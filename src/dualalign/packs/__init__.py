"""Disease packs: everything specific to one disease, as validated YAML."""

from dualalign.packs.loader import available_packs, find_pack, load_pack
from dualalign.packs.pack import Pack

__all__ = ["Pack", "available_packs", "find_pack", "load_pack"]
