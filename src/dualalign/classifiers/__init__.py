"""Symptom classifiers behind one protocol; heavy ones are imported when used."""

from dualalign.classifiers.linear import LinearClassifier, LinearOptions, PriorUse
from dualalign.classifiers.ngrams import NgramOptions
from dualalign.classifiers.protocol import Classifier

__all__ = ["Classifier", "LinearClassifier", "LinearOptions", "NgramOptions", "PriorUse"]
