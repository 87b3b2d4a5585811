"""One self-contained HTML page a run."""

from dualalign.report.page import write_notes_report, write_report

__all__ = ["write_notes_report", "write_report"]
