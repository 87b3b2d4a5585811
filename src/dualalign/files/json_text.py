"""JSON that somebody else wrote."""

from __future__ import annotations

import json
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """Return what JSON says.

    Raises:
        ValueError: it is no JSON, nests too deeply, or holds a number of thousands of digits. The message quotes nothing.
    """
    try:
        return json.loads(text)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON, line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("JSON that nests too deeply") from None
    except ValueError:
        raise ValueError("JSON with a number of too many digits") from None
