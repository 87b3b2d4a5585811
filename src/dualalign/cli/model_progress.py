"""What a run with a language model shows while it goes on, and when it has ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from dualalign.cli.console import print_led

if TYPE_CHECKING:
    from rich.console import Console

    from dualalign.cohort.estimate import WritingEstimate
    from dualalign.cohort.model_parts import WritingProgress

_MOST_CHECKS = 6


class NoteLine:
    """One line: notes, repairs, tokens a second, cost, time left.

    Args:
        console: where it is drawn; nothing is where it is no terminal.
        quiet: draw nothing.
    """

    def __init__(self, console: Console, quiet: bool) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (
            TextColumn("writing notes"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[said]}", markup=False),
        )
        self._bar = Progress(
            *columns, console=console, transient=True, disable=quiet or not console.is_terminal
        )
        self._task = self._bar.add_task("notes", total=None, said="")

    def __enter__(self) -> NoteLine:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def show(self, progress: WritingProgress) -> None:
        """Draw the line anew."""
        self._bar.update(
            self._task,
            completed=progress.notes + progress.unwritten,
            total=max(progress.of_notes, 1),
            said=line_of(progress, time.monotonic()),
        )


def line_of(progress: WritingProgress, now: float) -> str:
    """Return the line's words; `now` by the monotonic clock."""
    statistics, seconds = progress.statistics, max(now - progress.began, 1e-9)
    done = progress.notes + progress.unwritten
    parts = [f"{done:,}/{progress.of_notes:,}", f"{progress.repairs:,} repairs"]
    if progress.failing:
        parts.append(f"{progress.failing:,} failing")
    if progress.unwritten:
        parts.append(f"{progress.unwritten:,} unwritten")
    parts.append(f"{statistics.reply_tokens / seconds:,.0f} tokens/s")
    parts.append(said_cost(statistics.cost_usd if statistics.cost_known else None))
    if done and progress.of_notes > done:
        parts.append(f"{said_duration(seconds / done * (progress.of_notes - done))} left")
    return ", ".join(parts)


def say_written(console: Console, counts: dict[str, Any]) -> None:
    """Print how the notes of a finished cohort fared with their checks."""
    console.print(
        f"  notes passed at once {counts['passed_at_once']:,}, repaired {counts['repaired']:,}, "
        f"still failing {counts['still_failing']:,}; {_tokens(counts)}, {said_cost(counts['cost_usd'])}"
    )
    failed = sorted(counts["failed_by_check"].items(), key=lambda item: -item[1]["at_first"])
    for name, times in [item for item in failed if item[1]["at_first"] or item[1]["at_last"]][:_MOST_CHECKS]:
        console.print(f"  {name:<18}failed {times['at_first']:>6,} at first, {times['at_last']:>6,} at last")
    unwritten = counts["unwritten"]
    if unwritten:
        print_led(
            console,
            f"{len(unwritten):,} notes were not written",
            f" and are left out, the first for {unwritten[0]['reason']}; the same command asks for them again",
            "yellow",
        )


def say_estimate(console: Console, estimate: WritingEstimate) -> None:
    """Print what a run would ask, and some prompts in full."""
    for number, prompt in enumerate(estimate.prompts, 1):
        console.print(f"--- prompt {number}: {prompt}\n", highlight=False)
    console.print(
        f"--- {estimate.notes:,} notes, one call each; at most {estimate.most_calls:,} calls with every repair; about "
        f"{estimate.prompt_tokens:,} prompt tokens and {estimate.reply_tokens:,} reply tokens before repairs, "
        f"{said_cost(estimate.cost_usd)} (from {estimate.sampled} patients). Nothing was sent."
    )


def said_cost(usd: float | None) -> str:
    """Return dollars in words."""
    return "cost unknown" if usd is None else f"${usd:,.4f}"


def _tokens(counts: dict[str, Any]) -> str:
    if counts["prompt_tokens"] is None:
        return "tokens unknown"
    return f"{counts['prompt_tokens']:,} prompt and {counts['reply_tokens']:,} reply tokens"


def said_duration(seconds: float) -> str:
    """Return seconds as minutes, or as hours and minutes."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
