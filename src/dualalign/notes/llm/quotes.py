"""Words that a model gives as evidence, held against its note: where they stand, and whether they can say the item."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.notes.llm.draft import short
from dualalign.notes.llm.mention_finder import MentionFinder, Said
from dualalign.reading.pattern import keys_of, normalise
from dualalign.reading.scope import ContextRules
from dualalign.trajectories.plan import Course, Mention, Polarity, Reporter, Role

if TYPE_CHECKING:
    from dualalign.notes.llm.draft import Draft, Sentence
    from dualalign.packs.pack import Pack
    from dualalign.trajectories.plan import NotePlan

_WEIGHED = frozenset({"assessment", "assessment_plan", "plan", "course"})
_ORDERS = frozenset({"plan", "medications", "allergies"})
_TOLD = frozenset(
    {"chief", "history", "interval", "review", "past", "social", "family", "subjective", "background"}
)
_EXAMINED = frozenset({"vitals", "examination", "mental_status", "behavior", "testing", "objective"})

_ELLIPSIS = re.compile(r"\s*(?:\.{3,}|…|\[\.+\])\s*")
_EDGES = " \t\n.,;:-*•\"'“”‘’`"
_MARKS = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "\xa0": " "})
_PAST = re.compile(
    r"\b(?:former(?:ly)?|previous(?:ly)?|prior|(?:in the|the|for) past|past (?:history|hx|episode)|(?:history|hx|h/o) of|used to|ago|"
    r"last (?:year|yr|winter|spring|summer|autumn|fall|month)|once|resolved|remote|earlier|old (?:injury|stroke|fracture|episode)|no longer|not anymore|no more|stopped|ceased|gone|"
    r"years? back|yrs? back|in (?:19|20)\d\d|in remission|recovered|cleared|settled|quiet since|inactive|s/p|until|(?:has|have) passed|(?:is|are|was) over|over now|"
    r"(?:had|was|were)\b[^.;]{0,60}\b(?:but|before|when|after|during|for a (?:time|while)|as an?|at one (?:time|point)|then)|"
    r"not (?:had|occurred|returned|come back)|in (?:his|her|their) (?:youth|twenties|thirties|forties|fifties|sixties|[2-6]0s))\b",
    re.IGNORECASE,
)
_STILL = re.compile(
    r"\b(?:still|continues?|ongoing|persist(?:s|ent|ing)|currently|now has|today has)\b", re.IGNORECASE
)
_COMPLAINT = (
    r"lapses?|spells?|episodes?|falls?|pains?|aches?|headaches?|cramps?|trouble|troubled|difficult(?:y|ies)?|confus(?:ed|ion)|forgetful|forgetting"
    r"|hallucinations?|outbursts?|accidents?|tremors?|swelling|dizz(?:y|iness)|short of breath|breathless\w*|agitat(?:ed|ion)|anxious|irritable|hoh|hard of hearing"
)
_BETTER = re.compile(
    r"\b(?:improv(?:ed|ing|es|ement)|better|smaller|milder|eased|easing|resol(?:ved|ving)|recovered|lighter|quieter"
    rf"|(?:less|fewer) (?:of )?(?:{_COMPLAINT})|(?:{_COMPLAINT})\b[^.;,]{{0,25}}?\b(?<!no )(?<!not )(?:less|fewer)(?! able))\b",
    re.IGNORECASE,
)
"""Words of a symptom that eased; "less" alone is not among them, since who speaks less may be worse."""
_WORSE = re.compile(
    r"\b(?:wors(?:e|ened|ening)|more (?:often|frequent|severe|pronounced|marked|so|\w+ than|\w+)|increas(?:ed|ing)|progress(?:ed|ing|ion|ive)|"
    r"declin(?:ed|ing|e)|deteriorat\w+|(?<!no )longer|larger|greater|heavier|lower|less able|now (?:also|even)|further|"
    r"not (?:any )?(?:better|improved|improving)|no (?:better|improvement)|up from|down from|weaker|poorer|harder)\b",
    re.IGNORECASE,
)
_NOT_NEW = re.compile(
    r"\b(?:unchanged|as before|for years|long[- ]?standing|longstanding|chronic|known (?:from|since)|same as (?:last|before)|no change|stable)\b",
    re.IGNORECASE,
)
_SAYS = r"(?:says?|said|reports?|reported|states?|stated|notes?|noted|notices?|noticed|describes?|described|denies|denied|complains?|complained|tells?|told|admits?|feels?|adds?)"
_BY_PATIENT = re.compile(
    rf"\b(?:(?:the )?(?:patient|pt)(?: himself| herself)? (?:also )?{_SAYS}|per (?:the )?(?:patient|pt)|(?:he|she) (?:himself|herself) {_SAYS}"
    r"|by (?:his|her) own account|in (?:his|her) own words)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|no(?! (?:longer|more|worse|better|change|improvement))|without|negative for|free of|never|absent|neither|nor|none|"
    r"not (?:any|a|having|had|have))\b",
    re.IGNORECASE,
)
"""Words that deny a symptom, and not those of which a symptom is made ("does not comprehend")."""
_NO_TROUBLE = re.compile(
    r"\b(?:den(?:ies|ied|ying)|no|without|not had|never had) (?:any |much |new |real |obvious |further )*"
    r"(?:trouble|difficult(?:y|ies)|problems?|signs?|evidence|impairment|complaints?|concerns?)\b",
    re.IGNORECASE,
)
_LACKS_SYMPTOM = re.compile(
    r"^\W*(?:(?:he|she|pt|patient) )?(?:denie[sd]|no|without|never) (?!longer|more|worse|better|change|improvement|further|interest|insight|motivation|energy|"
    r"recall|recollection|memory|sense|initiative|desire|appetite|sleep|idea|awareness|judg|words|emotion|spontan|gain|benefit|attempt|effort|eye|"
    r"orient|response|answer|speech|concentration|attention|facial)",
    re.IGNORECASE,
)
"""A quote that begins with a denial, of something whose absence is no symptom itself."""
_CLEARLY = re.compile(
    r"\b(?:denie[sd]|denying|no (?:trouble|difficulty|problems?|concerns?|complaints?|evidence|signs?|new|recent|hx|history|\w+$)|without|intact|normal|"
    r"within normal limits|wnl|independent(?:ly)?|never|as well as ever|no longer a problem|not (?:a problem|seen|noted|reported|present|having))\b",
    re.IGNORECASE,
)
"""Words by which a quote says that something is absent or works."""
_INTACT = re.compile(
    r"\b(?:no|not|none|nor|neither|never|without|nothing|nobody|absent|negative|deni\w+|intact|normal(?:ly)?|nl|wnl|within|independent(?:ly)?|unremarkable|"
    r"well|good|fine|full|clear(?:ly)?|steady|steadily|able|fluent(?:ly)?|correct(?:ly)?|appropriate(?:ly)?|oriented|calm|cooperative|clean|neat(?:ly)?|dry|"
    r"tidy|easily|ease|alone|own|him-?self|her-?self|them-?selves|still (?:drives|cooks|shops|manages|handles|pays|does|cleans)|manages|handles|follows|"
    r"understands|knows|recogni[sz]es?|remembers|recalls|finds|names|reads|writes|hears|sees|smells|sleeps|eats|swallows|walks|dresses|bathes|pays|"
    r"quick(?:ly)?|on time|as (?:ever|always|before|usual)|lost none|free of|neg|soft|even|right|at ease|regular|sound|strong|unchanged|continent|\w+n't)\b",
    re.IGNORECASE,
)
"""Words at least one of which any denial holds, of whatever kind."""
_TROUBLE = re.compile(
    r"\b(?:trouble|difficult\w*|unable|inab\w+|cannot|can't|could not|couldn't|not able|poor\w*|bad(?:ly)?|worse\w*|loss|lost|loses|losing|less|impair\w*|"
    r"needs?|help|reduced|weak\w*|forg[eo]t\w*|no longer|limited|decreas\w*|declin\w*|slow\w*|unstead\w*|lack\w*|missed|misses|problem|"
    r"not (?:good|well|right|as|like|know|remember|recall|understand|recognize|sleep|hear|see|follow|manage)\w*|no (?:interest|insight|motivation|energy))\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;]|\b(?:but|and|though|although|while|with)\b|\bw/")
_KIN = re.compile(
    r"\b(?:mother|father|mom|dad|parents?|brothers?|sisters?|siblings?|grand(?:mother|father|parents?)|aunts?|uncles?|cousins?|relatives?|"
    r"kin|maternal|paternal|family|fhx|fh|half-(?:brother|sister)|twin)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a mention is said.

    Args:
        sentence: its number.
        start: first character in the draft's text.
        end: one past the last character.
        faults: (name of the check, what is wrong) of what keeps the words from saying it.
        quoted: whether the model gave the words; else they were found by their stems.
    """

    sentence: int
    start: int
    end: int
    faults: tuple[tuple[str, str], ...] = ()
    quoted: bool = True


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Why the words given for a mention count for nothing."""

    reason: str


class QuoteReader:
    """Finds the words given for planned mentions, and says what keeps them from saying these.

    Args:
        pack: a loaded pack.
        finder: of the same pack.
    """

    def __init__(self, pack: Pack, finder: MentionFinder) -> None:
        self._finder = finder
        self._context = ContextRules(pack.context, {**pack.context.words, **pack.patterns.words})

    def place(self, draft: Draft, plan: NotePlan, number: int) -> Placement | Unplaced | None:
        """Return where the words given for a mention stand.

        Args:
            draft: with evidence.
            plan: what it was to say.
            number: place of the mention in the plan.

        Returns:
            The place with the fewest faults; why there is none; None if the model gave no words for it.
        """
        given = (draft.evidence or {}).get(number + 1, ())
        if not given:
            return None
        best: Placement | None = None
        reason = f'"{short(given[0])}" does not stand in the note'
        for words in given:
            for start, end in found(draft.text, words):
                at = _sentence(draft, start, end)
                if at is None:
                    reason = f'"{short(words)}" is a heading'
                    continue
                placed = self._placement(
                    draft, plan, plan.mentions[number], at, max(start, draft.sentences[at].said_from), end
                )
                if best is None or len(placed.faults) < len(best.faults):
                    best = placed
                if not placed.faults:
                    return placed
        return best or Unplaced(reason)

    def _placement(
        self, draft: Draft, plan: NotePlan, mention: Mention, at: int, start: int, end: int
    ) -> Placement:
        sentence = draft.sentences[at]
        faults = [
            *self._polarity(
                sentence, mention, start - sentence.start, min(end, sentence.end) - sentence.start
            ),
            *_place(draft, sentence, mention),
            *_course(sentence, mention),
            *_speaker(draft, at, plan, mention),
        ]
        return Placement(at, start, end, tuple(faults))

    def _polarity(
        self, sentence: Sentence, mention: Mention, start: int, end: int
    ) -> Iterator[tuple[str, str]]:
        meant = self._finder.meant(mention.term)
        said = {
            place.said
            for place in self._finder.find(sentence.text, sentence.lead, frozenset({meant}))
            if place.exact and place.start < end and start < place.end
        }
        shift = len(sentence.lead) + 1 if sentence.lead else 0
        text = normalise(f"{sentence.lead} {sentence.text}" if sentence.lead else sentence.text)
        around = self._context.read(text, keys_of(text))
        words = short(sentence.text[start:end])
        of_kin = tells_of_kin(text, sentence.section)
        if mention.polarity is Polarity.FAMILY:
            if not of_kin:
                yield "relative_as_patient", f'"{words}" is told of the patient, but a relative has it'
            return
        if of_kin and (Said.OTHERS in said or around.reaches("family", start + shift, end + shift)):
            if Said.PRESENT not in said:
                yield "mention_polarity", f'"{words}" is told of somebody else, but it is the patient\'s'
            return
        quote = text[start + shift : end + shift]
        before = text[shift : start + shift] if not sentence.lead else text[: start + shift]
        denied = around.reaches("negated", start + shift, end + shift)
        if mention.polarity is Polarity.NEGATED:
            intact = denied or Said.ABSENT in said or _DENIES.search(before) or _INTACT.search(quote)
            if said == {Said.PRESENT} or (not intact and _TROUBLE.search(quote)):
                yield "mention_polarity", f'"{words}" does not say that it is absent: deny it'
        elif mention.polarity is Polarity.HISTORICAL:
            if not tells_of_past(text, sentence.section):
                yield "past_as_present", f'"{words}" is told as present, but it is past: say so'
        elif said <= {Said.ABSENT}:
            denies = denied and _DENIES.search(text[: start + shift + 25]) is not None
            if said:
                turned = denies or _DENIES.search(quote) is not None
            else:
                turned = (_LACKS_SYMPTOM.search(quote) or _NO_TROUBLE.search(quote)) is not None or (
                    (denies or _CLEARLY.search(quote) is not None) and not _TROUBLE.search(quote)
                )
            # A denial that stands before the quote covers its first part.
            if turned and all(
                (denies and not place) or _DENIES.search(part) or _CLEARLY.search(part)
                for place, part in enumerate(_clauses(quote))
            ):
                yield "mention_polarity", f'"{words}" denies it, but the patient has it'


def _clauses(quote: str) -> list[str]:
    """Return the parts of a quote: one that denies something may stand beside one that tells the symptom."""
    return [part for part in _CLAUSE.split(quote) if part.strip()]


def tells_of_past(text: str, section: str) -> bool:
    """Return whether a sentence tells of something that is over."""
    return section == "past" or (bool(_PAST.search(text)) and not _STILL.search(text))


def tells_of_kin(text: str, section: str) -> bool:
    """Return whether a sentence tells of a relative by blood."""
    return section == "family" or bool(_KIN.search(text))


def found(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Yield where words stand in a text, in any white space, case and form of quotation mark."""
    for part in sorted(_ELLIPSIS.split(words), key=len, reverse=True)[:1]:
        tokens = part.translate(_MARKS).strip(_EDGES).split()
        if not tokens:
            return
        pattern = re.compile(r"\s+(?:[-*•]\s+)?".join(map(re.escape, tokens)), re.IGNORECASE)
        for match in pattern.finditer(text.translate(_MARKS)):
            yield match.start(), match.end()


def _sentence(draft: Draft, start: int, end: int) -> int | None:
    """Return the sentence that holds most of a span outside headings, None if none does."""
    best, most = None, 0
    for number, sentence in enumerate(draft.sentences):
        if sentence.start >= end:
            break
        inside = min(end, sentence.end) - max(start, sentence.said_from)
        if inside > most:
            best, most = number, inside
    return best


def _place(draft: Draft, sentence: Sentence, mention: Mention) -> Iterator[tuple[str, str]]:
    section = sentence.section
    if not section or section not in _TOLD | _EXAMINED | _WEIGHED | _ORDERS:
        return
    there = {each.section for each in draft.sentences}
    words = f'"{short(sentence.text)}"'
    if mention.role is Role.ASSESSED:
        if section not in _WEIGHED and there & {"assessment", "assessment_plan"}:
            yield "mention_misplaced", f"{words} stands before the assessment: weigh it there"
    elif section in _ORDERS:
        yield (
            "mention_misplaced",
            f"{words} is a line of the plan or a list: say it in the history or examination",
        )
    elif mention.role is Role.SEEN and section in {"past", "family", "social"}:
        yield "mention_misplaced", f"{words} is not what an examiner finds"


def _course(sentence: Sentence, mention: Mention) -> Iterator[tuple[str, str]]:
    if mention.polarity is not Polarity.AFFIRMED or mention.role is Role.ASSESSED:
        return
    better, worse = bool(_BETTER.search(sentence.text)), bool(_WORSE.search(sentence.text))
    words = f'"{short(sentence.text)}"'
    if mention.course is Course.WORSE and better and not worse:
        yield "course_reversed", f"{words} tells of something better, but it is worse"
    elif mention.course is Course.BETTER and worse and not better:
        yield "course_reversed", f"{words} tells of something worse, but it is better"
    elif mention.course is Course.NEW and _NOT_NEW.search(sentence.text):
        yield "course_reversed", f"{words} tells of something old, but it is new"


def _speaker(draft: Draft, at: int, plan: NotePlan, mention: Mention) -> Iterator[tuple[str, str]]:
    if mention.role is not Role.TOLD or plan.informant is None:
        return
    text = draft.sentences[at].text
    other = _of_informant(text, plan)
    own = bool(_BY_PATIENT.search(text))
    if mention.reporter is Reporter.INFORMANT and own and not other:
        yield "mention_speaker", f'"{short(text)}": the {plan.informant.relation} says it, not the patient'
    elif mention.reporter is Reporter.PATIENT and other and not own and _informant_says(text, plan):
        yield "mention_speaker", f'"{short(text)}": the patient says it, not the {plan.informant.relation}'


def _of_informant(text: str, plan: NotePlan) -> bool:
    person = plan.informant
    assert person is not None
    names = [each for each in (person.relation, person.relation.split()[-1], person.name) if each]
    return any(re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE) for name in names)


def _informant_says(text: str, plan: NotePlan) -> bool:
    person = plan.informant
    assert person is not None
    names = "|".join(
        re.escape(each) for each in (person.relation, person.relation.split()[-1], person.name) if each
    )
    return bool(
        re.search(rf"\b(?:per (?:\w+ )?(?:{names})|(?:{names})(?: \w+)? {_SAYS})\b", text, re.IGNORECASE)
        or re.match(rf"\W*(?:{names})\W*:", text, re.IGNORECASE)
    )
