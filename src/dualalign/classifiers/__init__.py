"""Symptom classifiers behind one protocol; heavy ones are imported when used."""

from dualalign.classifiers.calibrated import CalibratedClassifier, Decision, DecisionOptions, calibrate
from dualalign.classifiers.linear import LinearClassifier, LinearOptions, PriorUse
from dualalign.classifiers.ngrams import NgramOptions
from dualalign.classifiers.protocol import Classifier
from dualalign.classifiers.recipes import Recipe, read_recipe, recipe_names
from dualalign.classifiers.registry import classifier_names, load_classifier, make_classifier

__all__ = [
    "CalibratedClassifier",
    "Classifier",
    "Decision",
    "DecisionOptions",
    "LinearClassifier",
    "LinearOptions",
    "NgramOptions",
    "PriorUse",
    "Recipe",
    "calibrate",
    "classifier_names",
    "load_classifier",
    "make_classifier",
    "read_recipe",
    "recipe_names",
]
