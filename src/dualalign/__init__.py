"""Synthetic clinical notes aligned to a population and to a disease, labelled sentence by sentence."""

__version__ = "0.1.0"
