"""Several classifiers that answer together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field

from dualalign.classifiers.base import Arrays, SentenceClassifier
from dualalign.classifiers.options import Options
from dualalign.classifiers.protocol import Classifier
from dualalign.classifiers.registry import load_classifier, make_classifier
from dualalign.errors import ClassifierError
from dualalign.stats.arrays import Floats, Marks


class Member(Options):
    """One classifier of a blend."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class BlendOptions(Options):
    """Settings of a blend.

    Args:
        members: its classifiers, at least one.
    """

    members: Annotated[tuple[Member, ...], Field(strict=False, min_length=1)]


class BlendClassifier(SentenceClassifier):
    """The mean of what its members say, in logits.

    A linear classifier and a network that learned from the same text err on different sentences; together they are
    better than either (docs/classifiers.md). A prior is a fitted blend of as many members; each member here gets the
    one in its place.

    Raises:
        ClassifierError: a prior that does not fit.
    """

    kind = "blend"
    options_type = BlendOptions
    options: BlendOptions

    def __init__(
        self, heads: Sequence[str], options: Any = None, seed: int = 0, prior: Classifier | None = None
    ) -> None:
        super().__init__(heads, options, seed, prior)
        size = len(self.options.members)
        if prior is not None and (not isinstance(prior, BlendClassifier) or len(prior.members) != size):
            raise ClassifierError(
                f"a blend of {size} cannot lean on a {type(prior).__name__}",
                "give a fitted blend of as many members",
            )
        self.members: list[Classifier] = []

    def fit(self, X: Sequence[str], Y: Marks, sample_weight: Floats | None = None) -> Self:
        """Fit every member on the same sentences; arguments as of its members.

        Raises:
            ClassifierError: whatever a member refuses.
        """
        self._check(X, Y)
        members = self.options.members
        priors: Sequence[Classifier | None] = [None] * len(members)
        if isinstance(self.prior, BlendClassifier):
            priors = self.prior.members
        self.members = [
            make_classifier(each.name, self.heads, self.seed, prior, **each.options).fit(X, Y, sample_weight)
            for each, prior in zip(members, priors, strict=True)
        ]
        return self

    def logits(self, X: Sequence[str]) -> Floats:
        """Return the mean log odds of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        self._refuse_unfitted()
        return np.asarray(np.mean([member.logits(X) for member in self.members], axis=0))

    def _description(self) -> str:
        return f"The mean of the logits of: {', '.join(each.name for each in self.options.members)}."

    def _facts(self) -> list[str]:
        return [member.card().replace("# ", "## ", 1) for member in self.members]

    def _saved_prior(self) -> Classifier | None:
        return None

    def _state(self) -> tuple[dict[str, Any], Arrays]:
        return {}, {}

    def _save_files(self, folder: Path) -> None:
        for place, member in enumerate(self.members):
            member.save(folder / f"member-{place}")

    def _restore(self, config: Mapping[str, Any], arrays: Arrays, folder: Path) -> None:
        self.members = [
            load_classifier(folder / f"member-{place}") for place in range(len(self.options.members))
        ]
