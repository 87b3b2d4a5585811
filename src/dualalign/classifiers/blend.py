"""Several classifiers that answer together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from dualalign.classifiers.protocol import Classifier, Floats, Marks
from dualalign.classifiers.registry import load_classifier, make_classifier
from dualalign.classifiers.storage import read_folder, write_folder
from dualalign.errors import ClassifierError

KIND = "blend"


class BlendClassifier:
    """The mean of what its members say, in logits.

    A linear classifier and a network that learned from the same text err on different sentences; together they are
    better than either (docs/classifiers.md).

    Args:
        members: name and settings of each, for `make_classifier`.
        seed: of every member.
        prior: a fitted blend of as many members; each member here gets the one in its place.
    """

    def __init__(
        self, members: Sequence[Mapping[str, Any]], seed: int = 0, prior: Classifier | None = None
    ) -> None:
        self.seed = seed
        self._described = [_described(member) for member in members]
        if not self._described:
            raise ClassifierError(
                "a blend of no classifiers", "name its members, each with a name and options"
            )
        if prior is not None and (
            not isinstance(prior, BlendClassifier) or len(prior.members) != len(self._described)
        ):
            raise ClassifierError(
                f"a blend of {len(self._described)} cannot lean on a {type(prior).__name__}",
                "give a fitted blend of as many members",
            )
        self.prior = prior
        self.members: list[Classifier] = []

    @classmethod
    def build(cls, options: Mapping[str, Any], seed: int, prior: Classifier | None) -> Self:
        """Return an unfitted blend from plain settings.

        Args:
            options: `members`, a list of mappings with `name` and `options`.
            seed: of every member.
            prior: see the class.

        Raises:
            ClassifierError: no members, another setting, or a prior that does not fit.
        """
        members = options.get("members")
        if set(options) != {"members"} or not isinstance(members, list | tuple):
            raise ClassifierError(
                f"blend: settings {', '.join(options) or '(none)'}", "give a list of members"
            )
        return cls(members, seed, prior)

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the heads, in column order."""
        return self.members[0].heads if self.members else ()

    def fit(
        self, texts: Sequence[str], marks: Marks, heads: Sequence[str], weights: Floats | None = None
    ) -> Self:
        """Fit every member on the same sentences.

        Args:
            texts: n sentences.
            marks: n x h labels.
            heads: names of the h heads.
            weights: n or n x h, 0 or more; 1 each if None.

        Raises:
            ClassifierError: whatever a member refuses.
        """
        priors: Sequence[Classifier | None] = [None] * len(self._described)
        if isinstance(self.prior, BlendClassifier):
            priors = self.prior.members
        self.members = [
            make_classifier(name, heads, self.seed, prior, **options).fit(texts, marks, heads, weights)
            for (name, options), prior in zip(self._described, priors, strict=True)
        ]
        return self

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return the mean log odds of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        return np.asarray(np.mean([member.logits(texts) for member in self._fitted()], axis=0))

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Return the probability of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        return np.exp(-np.logaddexp(0.0, -self.logits(texts)))

    def save(self, folder: str | Path) -> Path:
        """Write the blend, a folder for each member, and return its folder.

        Raises:
            ClassifierError: not fitted, or the folder cannot be written.
        """
        members = self._fitted()
        described = [{"name": name, "options": options} for name, options in self._described]
        config = {"members": described, "seed": self.seed}

        def save_members(out: Path) -> None:
            for place, member in enumerate(members):
                member.save(out / f"member-{place}")

        return write_folder(folder, KIND, config, {"none": np.zeros(0)}, self.card(), save_members)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a blend from a folder that `save` wrote.

        Raises:
            ClassifierError: not such a folder, or damaged.
        """
        config, _ = read_folder(folder, KIND)
        loaded = cls(config["members"], config["seed"])
        loaded.members = [
            load_classifier(Path(folder) / f"member-{place}") for place in range(len(config["members"]))
        ]
        return loaded

    def card(self) -> str:
        """Return the cards of its members, in Markdown."""
        names = ", ".join(name for name, _ in self._described)
        cards = "\n".join(member.card().replace("# ", "## ", 1) for member in self._fitted())
        return f"# Symptom classifier (blend)\n\nThe mean of the logits of: {names}.\n\n{cards}"

    def _fitted(self) -> list[Classifier]:
        if not self.members:
            raise ClassifierError("the classifier was never fitted", "call fit first")
        return self.members


def _described(member: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(member, Mapping) or not set(member) <= {"name", "options"} or "name" not in member:
        raise ClassifierError(f"blend: a member {member!r}", "give each member a name, and options if any")
    return str(member["name"]), dict(member.get("options") or {})
