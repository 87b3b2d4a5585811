"""The limit against servers of known behaviour, in simulated time: no clock, no network."""

import asyncio
import heapq
import random

import pytest

pytest.importorskip("aiohttp", reason="the llm extra is not installed")

from chat_server import ChatServer, Faults

from dualalign.llm.concurrency import AdaptiveLimit
from tests.llm.conftest import collect


def simulate(
    limit: AdaptiveLimit,
    replies: int,
    *,
    slots: int = 10**9,
    capacity: int = 10**9,
    random_refusals: float = 0.0,
    noise: float = 0.2,
) -> tuple[list[int], int]:
    """Keep the limit full; return requests in flight after each answer, and how many were refused.

    Args:
        limit: under test.
        replies: answers to simulate.
        slots: requests the server works on at once; others queue.
        capacity: requests in flight above which one more is refused.
        random_refusals: share refused whatever the load.
        noise: spread of the time of a reply, as a share of it.
    """
    chance = random.Random(1)
    now, free_at = 0.0, [0.0] * min(slots, limit.most)
    limit._clock = lambda: now
    limit._begin_round()
    heapq.heapify(free_at)
    events: list[tuple[float, int, bool]] = []
    widths, refusals, number = [], 0, 0
    limit.in_flight = 0

    def send() -> None:
        nonlocal number
        number += 1
        limit.in_flight += 1
        if limit.in_flight > capacity or chance.random() < random_refusals:
            heapq.heappush(events, (now + 0.01, number, False))
            return
        begins = max(now, heapq.heappop(free_at))
        ends = begins + chance.uniform(1 - noise, 1 + noise)
        heapq.heappush(free_at, ends)
        heapq.heappush(events, (ends, number, True))

    for _ in range(replies):
        while limit.in_flight < int(limit.limit):
            send()
        now, _, answered = heapq.heappop(events)
        if answered:
            limit.succeeded()
        else:
            refusals += 1
            limit.overloaded()
        limit.in_flight -= 1
        widths.append(int(limit.limit))
    return widths, refusals


def test_grows_to_what_the_server_keeps_up_with() -> None:
    widths, _ = simulate(AdaptiveLimit(8, 256), 5_000)
    assert widths[1_500] == 256
    assert min(widths[1_500:]) > 120


@pytest.mark.parametrize("slots", [1, 4, 16])
def test_does_not_queue_at_a_server_of_few_slots(slots: int) -> None:
    widths, _ = simulate(AdaptiveLimit(8, 256), 5_000, slots=slots)
    late = sorted(widths[2_000:])
    assert late[len(late) // 2] <= 4 * slots
    assert late[len(late) // 10] >= slots / 2


def test_refusals_at_random_do_not_slow_the_run() -> None:
    limit = AdaptiveLimit(8, 256)
    widths, _ = simulate(limit, 10_000, random_refusals=0.1)
    late = widths[4_000:]
    assert sum(late) / len(late) > 0.8 * 256
    assert limit.halvings <= 6


@pytest.mark.parametrize("capacity", [12, 60, 200])
def test_real_overload_is_obeyed(capacity: int) -> None:
    limit = AdaptiveLimit(8, 256)
    simulate(limit, 4_000, capacity=capacity)
    more, refusals = simulate(limit, 6_000, capacity=capacity)
    assert refusals < 0.12 * 6_000
    assert capacity / 2 <= sum(more) / len(more) <= 1.1 * capacity


def test_overload_on_top_of_random_refusals_is_obeyed() -> None:
    limit = AdaptiveLimit(8, 256)
    simulate(limit, 6_000, random_refusals=0.1)
    widths, _ = simulate(limit, 10_000, random_refusals=0.1, capacity=40)
    late = widths[5_000:]
    assert sum(late) / len(late) < 60


def test_a_server_that_refuses_everything_gets_one_request_at_a_time() -> None:
    widths, _ = simulate(AdaptiveLimit(256, 256), 1_000, random_refusals=1.0)
    assert widths[-1] == 1


def test_random_refusals_of_a_real_server_are_told_from_load() -> None:
    server = ChatServer(latency=0.01, faults=Faults({"refuse": 0.1}))
    results, model = collect(server, 1_000, most_in_flight=64)
    assert len(results) == 1_000
    # Halving on any refusal would come to a halving a round, of which there are dozens.
    assert model.limit.halvings <= 5
    assert model.limit.background > 0


def test_a_real_server_at_capacity_is_not_hammered() -> None:
    server = ChatServer(latency=0.02, capacity=8)
    results, model = collect(server, 600, most_in_flight=128)
    assert len(results) == 600
    assert server.refused < 0.12 * 600
    assert model.limit.limit < 20


def test_a_cancelled_waiter_passes_its_place_on() -> None:
    async def run() -> None:
        limit = AdaptiveLimit(1, 1)
        await limit.acquire()
        first, second = (asyncio.create_task(limit.acquire()) for _ in range(2))
        await asyncio.sleep(0)
        limit.release()
        first.cancel()
        await asyncio.wait_for(second, 1)

    asyncio.run(run())
