"""Training-set experiments on any gold set."""

from dualalign.experiments.experiment import Experiment
from dualalign.experiments.grid import Grid, assemble, default_grid, grid_names, load_grid
from dualalign.experiments.labelled_text import LabelledText, read_labelled
from dualalign.experiments.run import run_experiment
from dualalign.experiments.summary import Row, summarise

__all__ = [
    "Experiment",
    "Grid",
    "LabelledText",
    "Row",
    "assemble",
    "default_grid",
    "grid_names",
    "load_grid",
    "read_labelled",
    "run_experiment",
    "summarise",
]
