"""Work on many things at once, a bounded number at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

_Item = TypeVar("_Item")


async def at_once(items: Iterable[_Item], most: int, work: Callable[[_Item], Awaitable[None]]) -> None:
    """Run `work` on every item, `most` at a time.

    After the first error no further item is begun, what is in progress is finished, since its replies are paid for,
    and the error is raised.
    """
    waiting = iter(items)
    errors: list[Exception] = []

    async def worker() -> None:
        for item in waiting:
            if errors:
                return
            try:
                await work(item)
            except Exception as error:
                errors.append(error)

    await asyncio.gather(*(worker() for _ in range(most)))
    if errors:
        raise errors[0]
