"""Symptom classifiers behind one protocol; heavy ones are imported when used."""

from dualalign.classifiers.leaning import PriorUse
from dualalign.classifiers.linear import LinearClassifier, LinearOptions
from dualalign.classifiers.ngrams import NgramOptions
from dualalign.classifiers.protocol import Classifier
from dualalign.classifiers.registry import classifier_names, load_classifier, make_classifier

__all__ = [
    "Classifier",
    "LinearClassifier",
    "LinearOptions",
    "NgramOptions",
    "PriorUse",
    "classifier_names",
    "load_classifier",
    "make_classifier",
]
