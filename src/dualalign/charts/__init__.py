"""One chart per patient and one agenda per visit: what notes are about, before a word is written."""

from dualalign.charts.agenda import Agenda, AgendaItem, MedicineStep, Result
from dualalign.charts.chart import Chart, ConditionCourse, Event, MedicineCourse, Relative, Vitals
from dualalign.charts.simulate import PatientSimulator

__all__ = [
    "Agenda",
    "AgendaItem",
    "Chart",
    "ConditionCourse",
    "Event",
    "MedicineCourse",
    "MedicineStep",
    "PatientSimulator",
    "Relative",
    "Result",
    "Vitals",
]
