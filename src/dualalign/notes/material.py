"""The lines of every kind of note, compiled once and shared by all patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.notes.battery_pools import BatteryPools
from dualalign.passages.book import Book
from dualalign.passages.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.lines import Lines
    from dualalign.packs.schema.note_material import ImagingLevels, Layout, ReportedValue
    from dualalign.packs.schema.visit_habits import VisitHabits


DEFAULT = "default"
"""Note type whose material stands in for one that the pack says nothing of."""


class NoteMaterial:
    """Everything the embedded writer says, by what it is for.

    Args:
        pack: a loaded pack.
        book: its symptoms, conditions and complaints, if they are compiled already.

    Raises:
        PackError: a line of the pack cannot be parsed.
    """

    def __init__(self, pack: Pack, book: Book | None = None) -> None:
        self.book = book or Book(pack)
        stages = self.book.stages

        def pools(lines: Mapping[str, Lines], place: str) -> dict[str, Pool]:
            return {name: Pool(each, stages, f"{place}, {name}") for name, each in lines.items()}

        self.openings = {
            note_type: pools(by_reason, f"openings, {note_type}")
            for note_type, by_reason in pack.openings.openings.items()
        }
        examination = pack.examination
        self.systems = {
            name: Pool(system.normal, stages, f"examination, {name}")
            for name, system in examination.systems.items()
        }
        self.system_words = {name: tuple(system.words) for name, system in examination.systems.items()}
        self.orders = {
            note_type: [next(iter(each.items())) for each in order]
            for note_type, order in examination.orders.items()
        }
        self.battery = BatteryPools(pack.battery, stages)
        self.routine = pools(pack.review.routine, "review")
        self.denial_leads = Pool(pack.review.leads, stages, "review, leads")
        frames = pack.frames
        self.by_informant = Pool(frames.informant, stages, "frames, informant")
        plan = pack.plan
        self.medicine = pools(plan.medicine, "plan, medicine")
        self.returns = pools(plan.returns, "plan, returns")
        self.discussed = Pool(plan.discussed, stages, "plan, discussed")
        self.danger = pools(plan.danger, "plan, danger")
        self.health_maintenance = Pool(plan.health_maintenance, stages, "plan, health_maintenance")
        self.closing = Pool(plan.closing, stages, "plan, closing")
        self.precautions = Pool(plan.precautions, stages, "plan, precautions")
        results = pack.results
        self.labs = {
            panel: (
                Pool(each.normal, stages, f"results, {panel}"),
                Pool(each.abnormal, stages, f"results, {panel}"),
            )
            for panel, each in results.labs.items()
        }
        self.ordered = pools(results.ordered, "results, ordered")
        self.panel_names = results.panel_names
        self.imaging = {name: pools(each, f"results, {name}") for name, each in results.imaging.items()}
        self.reported: dict[str, ReportedValue] = results.values
        self.panel_words: dict[str, list[str]] = results.panel_words
        self.imaging_levels: dict[str, ImagingLevels] = results.imaging_levels
        self.biomarkers = pools(results.biomarkers, "results, biomarkers")
        self.vitals = pools(results.vitals, "results, vitals")
        self.scores = pools(results.scores, "results, scores")
        self.layouts: dict[str, Layout] = pack.layouts.layouts
        self.first_visit_headers = frozenset(pack.layouts.first_visit_headers)
        self.later_visit_headers = frozenset(pack.layouts.later_visit_headers)
        self.lists = pools(pack.lists.lists, "lists")
        self.no_allergies = Pool(pack.history.no_allergies, stages, "history, no_allergies")
        self.social = {
            kind: pools(by_level, f"history, {kind}") for kind, by_level in pack.history.social.items()
        }
        scheme = pack.labels.scheme()
        self.label_order = {label.id: rank for rank, label in enumerate(scheme.labels)}
        self._ordered: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.score_labels = {
            instrument.id: tuple(instrument.labels) for instrument in pack.instruments.instruments
        }
        self.brands = {drug.name: drug.brand for drug in pack.medicines.medicines if drug.brand}
        self.best_avoided = {
            each.name
            for each in pack.medicines.medicines
            if each.beers and "antipsychotic" not in each.drug_class
        }
        self.treats = {each.name: frozenset(each.indications) for each in pack.medicines.medicines}
        self.intact = [(term, pools) for term, pools in self.book.terms.items() if pools.intact]
        self.term_places = {term: place for place, term in enumerate(pack.lexicon.terms())}
        self.labels_at = [tuple(term.labels) for term in pack.lexicon.terms().values()]
        self.term_labels = {term.id: tuple(term.labels) for term in pack.lexicon.terms().values()}
        self.informant_label = pack.labels.informant_label or ""
        self.lost_on = {each.id: each.lost_on for each in pack.instruments.instruments}
        self.screens = {each.id: each.screens for each in pack.instruments.instruments}
        self.habits: VisitHabits = pack.visit_habits

    def layout(self, note_type: str) -> Layout:
        """Return the layout of a note type, or the default one."""
        return self.layouts.get(note_type) or self.layouts[DEFAULT]

    def ordered_labels(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Return labels in the scheme's order, each once; those of shared material that the scheme lacks are left out."""
        found = self._ordered.get(labels)
        if found is None:
            found = tuple(label for label in self.label_order if label in labels)
            self._ordered[labels] = found
        return found
