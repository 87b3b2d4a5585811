"""Find reports by family, friends and others who are neither the patient nor health professionals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dualalign.packs.schema.context import Informants
from dualalign.reading.pattern import PatternSet


class InformantRules:
    """The informant patterns of a pack, compiled.

    Args:
        informants: of context.yaml.
        words: word classes for its patterns.
    """

    def __init__(self, informants: Informants, words: Mapping[str, Sequence[str]]) -> None:
        self._reports = PatternSet(
            [(pattern, False) for pattern in informants.report]
            + [(pattern, True) for pattern in informants.worry],
            words,
        )
        self._not_reports = PatternSet([(pattern, None) for pattern in informants.not_report], words)
        self._decline = PatternSet([(pattern, None) for pattern in informants.decline], words)

    def report(self, text: str, keys: frozenset[str], has_problem: bool) -> str:
        """Return the words by which someone reports a problem; empty if nobody does.

        Args:
            text: normalised sentence.
            keys: its keys.
            has_problem: whether the sentence affirms a problem of the patient.
        """
        reports = list(self._reports.find(text, keys))
        if not reports:
            return ""
        hidden = [(match.start, match.end) for match in self._not_reports.find(text, keys)]
        for report in sorted(reports, key=lambda match: match.start):
            if any(start < report.end and report.start < end for start, end in hidden):
                continue
            if report.meaning or has_problem or any(True for _ in self._decline.find(text, keys)):
                return text[report.start : report.end]
        return ""
