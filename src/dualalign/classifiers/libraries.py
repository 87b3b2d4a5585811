"""Heavy libraries that classifiers need only when they are used."""

from __future__ import annotations

from importlib import util

from dualalign.errors import ClassifierError


def require(extra: str, *modules: str) -> None:
    """Refuse to go on without a library.

    Args:
        extra: the extra that installs it.
        modules: names of modules.

    Raises:
        ClassifierError: naming what is missing and how to install it.
    """
    missing = [name for name in modules if util.find_spec(name) is None]
    if missing:
        raise ClassifierError(
            f"this classifier needs {', '.join(missing)}, which is not installed",
            f"install it: pip install 'dualalign[{extra}]'",
        )
