"""Sentences into labels: annotators, agreement, gold and silver sets."""

from dualalign.labels.adjudication import Adjudicated, adjudicate
from dualalign.labels.agreement import Disagreement, LabelAgreement, cohen_kappa, disagreements
from dualalign.labels.annotation import Annotation, Annotator, NotesAnnotator
from dualalign.labels.asking import Asking
from dualalign.labels.gold import GoldSentences, read_gold
from dualalign.labels.label_notes import LabelledSentence, label_notes
from dualalign.labels.llm_annotator import LlmAnnotator
from dualalign.labels.near_duplicates import NearDuplicates
from dualalign.labels.plan_labels import plan_annotations
from dualalign.labels.rules import RulesAnnotator
from dualalign.labels.silver import label_file

__all__ = [
    "Adjudicated",
    "Annotation",
    "Annotator",
    "Asking",
    "Disagreement",
    "GoldSentences",
    "LabelAgreement",
    "LabelledSentence",
    "LlmAnnotator",
    "NearDuplicates",
    "NotesAnnotator",
    "RulesAnnotator",
    "adjudicate",
    "cohen_kappa",
    "disagreements",
    "label_file",
    "label_notes",
    "plan_annotations",
    "read_gold",
]
