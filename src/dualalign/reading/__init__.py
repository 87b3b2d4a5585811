"""What finished text says: sentences, and in each what is affirmed, denied, scored, prescribed and dated."""

from dualalign.reading.sentence_reader import Reading, SentenceReader
from dualalign.reading.splitter import split_sentences

__all__ = ["Reading", "SentenceReader", "split_sentences"]
