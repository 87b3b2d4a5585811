"""Training-set experiments on any gold set."""

from dualalign.experiments.labelled_text import LabelledText, read_labelled
from dualalign.experiments.run import Experiment, run_experiment
from dualalign.experiments.summary import Row, summarise

__all__ = ["Experiment", "LabelledText", "Row", "read_labelled", "run_experiment", "summarise"]
