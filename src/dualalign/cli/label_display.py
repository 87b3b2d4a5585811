"""What `dualalign label` shows: progress, counts, agreement, and an estimate before anything is sent."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dualalign.cli.screen import strong

if TYPE_CHECKING:
    from rich.console import Console

    from dualalign.labels.label_estimate import LabelEstimate
    from dualalign.labels.llm_annotator import LlmAnnotator
    from dualalign.labels.silver import Progress as Done
    from dualalign.llm import Prices


class LabelProgress:
    """A line that says how far labelling has come, and what the model did in the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._annotator: LlmAnnotator | None = None
        self._sentences = 0
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("labelling: {task.completed:,.0f} rows, {task.fields[sentences]:,} sentences"),
            TextColumn("{task.fields[model]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=console.quiet or not console.is_terminal,
        )
        self._task = self._bar.add_task("rows", total=None, sentences=0, model="")

    def __enter__(self) -> LabelProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def of_rows(self, done: Done) -> None:
        """Show rows and sentences that are on disk."""
        self._bar.start()
        self._sentences = done.sentences
        self._bar.update(self._task, completed=done.rows, sentences=done.sentences)

    def of_model(self, count: int, annotator: LlmAnnotator) -> None:
        """Show sentences that the model just settled, and what it has used."""
        self._annotator = annotator
        self._bar.start()
        self._sentences += count
        self._bar.update(self._task, sentences=self._sentences, model=_used(annotator))

    def show_model(self, journal: bool) -> None:
        """Say what the model did in this run; nothing if none was asked."""
        if self._annotator is None:
            return
        counts = self._annotator.counts
        self._console.print(f"model: {_used(self._annotator)}")
        self._console.print(
            f"  {counts.sentences:,} sentences, {counts.abstained:,} abstained, {counts.asked_again:,} asked again, "
            f"{counts.unanswered:,} without a sound answer, {counts.changed:,} changed by the second pass"
        )
        for name, count in (*counts.faults.most_common(), *counts.failed.most_common(3)):
            self._console.print(f"  {count:,} x {name}")
        if journal:
            self._console.print(
                "  its replies lie in journal.sqlite of the folder, as confidential as your notes"
            )


def _used(annotator: LlmAnnotator) -> str:
    seen = annotator.model.statistics
    cost = f", {seen.cost_usd:.4f} US dollars" if seen.cost_known and seen.cost_usd else ""
    return (
        f"{seen.replied:,} replies, {seen.replayed:,} from the journal, "
        f"{seen.prompt_tokens + seen.reply_tokens:,} tokens{cost}"
    )


def show_counts(console: Console, manifest: dict[str, Any], out: Path, seconds: float) -> None:
    """Say how many sentences got which label, and how far the sources agree."""
    counts = manifest["counts"]
    console.print(
        strong(out),
        f": {counts['notes']:,} notes, {counts['sentences']:,} sentences in {seconds:.1f} s",
        sep="",
    )
    width = max(18, *(len(name) + 1 for name in counts["labels"]))
    for name, count in counts["labels"].items():
        console.print(f"  {name:<{width}}{count:>9,} sentences")
    console.print(f"  {'no label':<{width}}{counts['unlabelled_sentences']:>9,} sentences")
    if counts.get("near_duplicates"):
        console.print(
            f"{counts['near_duplicates']:,} sentences nearly repeat an earlier one and were left out"
        )
    if counts["bad_rows"]:
        console.print(
            f"{counts['bad_rows']:,} rows could not be labelled: {out}/bad_rows.jsonl says which and why"
        )
    for pair in manifest.get("agreement", {}).get("pairs", []):
        console.print(f"kappa of {pair['first']} and {pair['second']}:")
        for name, found in pair["labels"].items():
            kappa = "-" if found["kappa"] is None else f"{found['kappa']:.2f}"
            console.print(
                f"  {name:<{width}}{kappa:>9}   both {found['both']:,}, {pair['first']} only "
                f"{found['first_only']:,}, {pair['second']} only {found['second_only']:,}"
            )


def show_estimate(console: Console, found: LabelEstimate, prices: Prices | None) -> None:
    """Say what labelling would take, and show prompts with every letter of the notes replaced."""
    cost = prices.cost(found.prompt_tokens, found.reply_tokens) if prices else None
    console.print(
        f"{found.notes:,} notes, {found.sentences:,} sentences: {found.requests:,} requests, about "
        f"{found.prompt_tokens:,} prompt and {found.reply_tokens:,} reply tokens, cost "
        f"{'unknown' if cost is None else f'about {cost:.2f} US dollars'}; nothing was sent"
    )
    console.print(f"\n--- system, the same for all ---\n{found.system}", highlight=False)
    for number, prompt in enumerate(found.prompts, 1):
        console.print(f"\n--- request {number}, letters replaced ---\n{prompt}", highlight=False)
