"""Seconds that the diversity measures take on 3,000 and 250,000 sentences. Exits 1 past the limits of 1 s and 90 s."""

import random
import resource
import time

from dualalign.measures.diversity import compression_ratio, distinct, self_bleu

LIMITS = {3_000: 1.0, 250_000: 90.0}


def made_up_sentences(count: int) -> list[str]:
    """Sentences of 8 to 30 words whose frequencies fall as in English, from 20,000 made-up words."""
    draw = random.Random(0)
    words = [
        "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 10))) for _ in range(20_000)
    ]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    pool = draw.choices(words, weights, k=count * 20)
    ends = [draw.randint(8, 30) for _ in range(count)]
    starts = [draw.randrange(len(pool) - 30) for _ in range(count)]
    return [" ".join(pool[s : s + n]) + "." for s, n in zip(starts, ends, strict=True)]


def main() -> None:
    late = False
    for count, limit in LIMITS.items():
        texts = made_up_sentences(count)
        start = time.perf_counter()
        values = distinct(texts, 4), self_bleu(texts), compression_ratio(texts)
        seconds = time.perf_counter() - start
        late |= seconds > limit
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{count:,} sentences: {seconds:.2f} s (limit {limit:.0f}), peak {peak:,.0f} MB; "
            f"Distinct-4 {values[0]:.3f}, Self-BLEU-4 {values[1]:.3f}, compression {values[2]:.2f}"
        )
    if late:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
