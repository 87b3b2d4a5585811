"""Options that say something about a language model, given where none is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualalign.errors import ModelError

ALWAYS_GIVEN = ("api_key_env", "context", "timeout")
"""Options that hold a default where the user gives none."""


def refuse_unused(values: Mapping[str, Any], used_instead: str, remedy: str) -> None:
    """Refuse options of a language model when none was chosen.

    Args:
        values: option's name -> what was given; None and False count as not given, `ALWAYS_GIVEN` are passed over.
        used_instead: what does the work, in words.
        remedy: how to choose a model.

    Raises:
        ModelError: naming the first such option.
    """
    for name, value in values.items():
        # 0 equals False, and is given.
        if value is not None and value is not False and name not in ALWAYS_GIVEN:
            raise ModelError(
                f"--{name.replace('_', '-')} is of no use with {used_instead}", f"leave it out, or {remedy}"
            )
