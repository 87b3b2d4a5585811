"""Linear algebra kept within one thread, for loops of many small products."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


def one_thread() -> Any:
    """Return a context in which BLAS keeps to one thread.

    The many small products of L-BFGS take several times as long where each is spread over threads, and the last digits
    of a result would depend on their number.
    """
    return _threads().limit(limits=1, user_api="blas")


@cache
def _threads() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401  (its own copy of BLAS must be there to be limited)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
