"""Text into sentences, sentences into labels: splitter, annotators, agreement, gold sets."""

from dualalign.labels.annotation import Annotation, Annotator
from dualalign.labels.splitter import split_sentences

__all__ = ["Annotation", "Annotator", "split_sentences"]
