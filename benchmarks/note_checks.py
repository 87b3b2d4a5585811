"""How good the checks of a model's note are: which faults they find in recorded notes are true, and which that were put
in they find.

`python benchmarks/note_checks.py --notes notes.jsonl --verdicts benchmarks/data/note_check_verdicts.csv`

The notes are records of note_id, alignment, messages and first_reply. Evidence is made for them by the finder of
mentions: the clause that says each item. The verdicts were given by reading: key, check, reason, whether it is true.
Faults are put into the recorded `both` notes at random places, one a note, each of a kind with the check that should
see it; what a clean note fails already does not count as found.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from recorded_notes import Recorded, recorded_notes

from dualalign.charts.agenda import Agenda
from dualalign.notes.llm.checks import UNSURE, NoteChecker
from dualalign.notes.llm.checks.words import CheckWords
from dualalign.notes.llm.draft import DraftReader
from dualalign.notes.llm.placing import Placer
from dualalign.notes.llm.quotes import Placement
from dualalign.notes.prompts import Alignment
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack
from dualalign.trajectories.plan import Course, NotePlan, Polarity, Role

_CLAUSE = re.compile(r"[,;.] ")


@dataclass
class Bench:
    """What reads and checks the notes of a pack."""

    pack: Pack

    def __post_init__(self) -> None:
        self.reader, self.placer = DraftReader(self.pack), Placer(self.pack)
        self.words = CheckWords(self.pack, True)
        self.checkers = {each: NoteChecker(self.pack, True, each) for each in Alignment}

    def found(
        self, note: Recorded, reply: str | None = None, plan: NotePlan | None = None
    ) -> dict[str, set[str]]:
        """Return what the checks find in a reply, by check."""
        case = note.case(self.reader, self.placer, reply, **({"plan": plan} if plan else {}))
        found = self.checkers[note.alignment].check(case)
        return {name: set(why) for name, why in found.items() if why and name not in note.untold}

    def evidence(self, note: Recorded, text: str | None = None) -> dict[int, str]:
        """Return for each item that the finder sees the clause that says it."""
        case = note.case(self.reader, self.placer, text)
        given = {}
        for number, placed in enumerate(case.placements):
            if isinstance(placed, Placement):
                sentence = case.draft.sentences[placed.sentence]
                said, start, end = sentence.text, placed.start - sentence.start, placed.end - sentence.start
                low = max(
                    [sentence.said_from - sentence.start, *(m.end() for m in _CLAUSE.finditer(said[:start]))]
                )
                high = min([len(said), *(end + m.start() for m in _CLAUSE.finditer(said[end:]))])
                given[number] = " ".join(said[low:high].split())
        return given


def with_evidence(text: str, evidence: dict[int, str]) -> str:
    """Return a reply: note and block of evidence."""
    return "\n".join([text, "EVIDENCE", *(f'{number + 1}: "{words}"' for number, words in evidence.items())])


# faults ------------------------------------------------------------------------------------------


@dataclass
class Spoilt:
    """A note with one fault put in."""

    text: str
    evidence: dict[int, str]
    plan: NotePlan


Spoil = Callable[[Recorded, dict[int, str], random.Random, Bench], Spoilt | None]


def _after(text: str, sentence: str, rng: random.Random, sections: tuple[str, ...]) -> str | None:
    """Put a sentence at the end of a line under one of some headings."""
    lines = text.split("\n")
    here, places = False, []
    for number, line in enumerate(lines):
        heading = re.match(r"\W*([A-Z][A-Za-z/ &]+):", line)
        if heading:
            here = any(word in heading[1].lower() for word in sections)
        if here and line.rstrip().endswith((".", "?")):
            places.append(number)
    if not places:
        return None
    lines[rng.choice(places)] += f" {sentence}"
    return "\n".join(lines)


_STORY = ("subjective", "history", "hpi", "interval", "background", "complaint", "patient")
_EXAM = ("exam", "objective", "testing", "test results", "mental status", "behavior")
_JUDGED = ("assessment", "impression", "summary", "formulation", "course")
_PLAN = ("plan", "recommendation", "disposition")


def _added(sections: tuple[str, ...], sentences: Callable[[Recorded], list[str]]) -> Spoil:
    def spoil(note: Recorded, evidence: dict[int, str], rng: random.Random, bench: Bench) -> Spoilt | None:
        choices = sentences(note)
        text = _after(note.reply, rng.choice(choices), rng, sections) if choices else None
        return None if text is None else Spoilt(text, evidence, note.plan)

    return spoil


def _he(note: Recorded) -> str:
    return "She" if note.persona.sex == "female" else "He"


def _unplanned(note: Recorded) -> list[str]:
    he = _he(note)
    his = "her" if he == "She" else "his"
    offered = {
        "hallucination": f"{he} sees children in the room who are not there and talks to them.",
        "wandering": f"{he} has been wandering out of the house at night.",
        "paranoia": f"{he} accuses the neighbors of stealing and is paranoid about them.",
        "eating": f"{he} has to be fed at meals.",
        "dressing": f"{he} needs help with dressing in the morning.",
        "dysphagia": f"{he} has dysphagia and coughs with every meal.",
        "apathy": f"{he} is apathetic and has lost interest in everything.",
        "bills": f"{his.capitalize()} son has taken over the bills because {he.lower()} can no longer manage finances.",
        "disoriented": f"{he} was disoriented to place and date.",
        "smell": f"{he} has lost {his} sense of smell.",
        "driving": f"{he} got lost while driving to church.",
        "suicidal": f"{he} has had suicidal thoughts.",
    }
    known = {m.term for m in note.plan.mentions} | note.chart.affirmed
    return [text for term, text in offered.items() if term not in known]


def _past(note: Recorded, evidence: dict[int, str], rng: random.Random, bench: Bench) -> Spoilt | None:
    """Turn an item that the note tells as present into one of the past in the plan."""
    places = [
        i
        for i in evidence
        if note.plan.mentions[i].polarity is Polarity.AFFIRMED and note.plan.mentions[i].role is Role.TOLD
    ]
    return _replanned(
        note,
        evidence,
        rng,
        places,
        polarity=Polarity.HISTORICAL,
        role=Role.PAST,
        course=Course.ONGOING,
        labels=(),
    )


def _relative(note: Recorded, evidence: dict[int, str], rng: random.Random, bench: Bench) -> Spoilt | None:
    places = [i for i in evidence if note.plan.mentions[i].polarity is Polarity.AFFIRMED]
    return _replanned(
        note,
        evidence,
        rng,
        places,
        polarity=Polarity.FAMILY,
        role=Role.FAMILY,
        course=Course.ONGOING,
        labels=(),
    )


def _polarity(note: Recorded, evidence: dict[int, str], rng: random.Random, bench: Bench) -> Spoilt | None:
    """Turn an item that the note denies or affirms round in the plan."""
    turned = {Polarity.AFFIRMED: Polarity.NEGATED, Polarity.NEGATED: Polarity.AFFIRMED}
    places = [i for i in evidence if note.plan.mentions[i].polarity in turned]
    if not places:
        return None
    at = rng.choice(places)
    polarity = turned[note.plan.mentions[at].polarity]
    role = Role.DENIED if polarity is Polarity.NEGATED else Role.TOLD
    return _replanned(note, evidence, rng, [at], polarity=polarity, role=role, course=Course.ONGOING)


_TURNED = [
    (r"\bworse\b", "better"), (r"\bmore (?=often|difficult)", "less "), (r"\bless (?=often|sleepy|than)", "more "), (r"\bbetter\b", "worse"),
    (r"\beased\b", "worsened"), (r"\bimproved\b", "worsened"), (r"\bweaker\b", "better"), (r"\blarger\b", "less"), (r"\bbigger than\b", "better than"),
    (r"\bmore than\b", "less than"),
]  # fmt: skip


def _course(note: Recorded, evidence: dict[int, str], rng: random.Random, bench: Bench) -> Spoilt | None:
    """Turn round the words by which a note says that something got worse or better."""
    places = [
        i
        for i in evidence
        if note.plan.mentions[i].course in (Course.WORSE, Course.BETTER)
        and note.plan.mentions[i].role is Role.TOLD
    ]
    rng.shuffle(places)
    for at in places:
        words = evidence[at]
        if words not in note.reply:
            continue
        for old, new in _TURNED:
            turned = re.sub(old, new, words)
            if turned != words:
                text = note.reply.replace(words, turned)
                return Spoilt(text, {i: turned if w == words else w for i, w in evidence.items()}, note.plan)
    return None


def _replanned(
    note: Recorded, evidence: dict[int, str], rng: random.Random, places: list[int], **changes: object
) -> Spoilt | None:
    if not places:
        return None
    at = rng.choice(places)
    mentions = list(note.plan.mentions)
    mentions[at] = replace(mentions[at], **changes)  # type: ignore[arg-type]
    return Spoilt(note.reply, evidence, replace(note.plan, mentions=tuple(mentions)))


def _missing(note: Recorded, evidence: dict[int, str], rng: random.Random, bench: Bench) -> Spoilt | None:
    """Leave the words of an item out of the note; the evidence still claims them."""
    places = [
        i
        for i, words in evidence.items()
        if note.reply.count(words) == 1 and list(evidence.values()).count(words) == 1
    ]
    if not places:
        return None
    words = evidence[rng.choice(places)]
    return Spoilt(note.reply.replace(words, "was seen as usual"), evidence, note.plan)


def _score(note: Recorded) -> list[str]:
    given = {score.instrument for score in note.plan.scores} | {test for test, _ in note.chart.scores}
    others = ["SLUMS 19/30 today.", "PHQ-9 was 14.", "Mini-Cog 2/5.", "He scored 11 on the memory test.", "She scored 11/30.", "GAD-7 score of 12.",
              "SLUMS score of 17.", "On the PHQ-9, 16.", "Scored 9 out of 15 on the depression screen.", "ADAS-Cog 22."]  # fmt: skip
    return others + (["MMSE 14/30."] if "mmse" in given else []) + (["MoCA 9/30."] if "moca" in given else [])


def _diagnosis(note: Recorded) -> list[str]:
    texts = [
        "AD suspected.",
        "Possible Alzheimer's disease.",
        "Consistent with AD.",
        "Probable Alzheimer disease, early.",
        "Suspected AD, will follow.",
    ]
    if (
        note.plan.stage in ("early_prodromal", "prodromal", "preclinical", "mci")
        and "dement" not in note.prompt.lower()
    ):
        texts += [
            "Major neurocognitive disorder.",
            "Early dementia.",
            "Mild dementia.",
            "Impression: dementia.",
        ]
    return texts


def _age(note: Recorded, evidence: dict[int, str], rng: random.Random, bench: Bench) -> Spoilt | None:
    age, other = note.plan.age, note.plan.age + rng.choice([-9, -6, -4, 3, 5, 8])
    letter = "F" if note.persona.sex == "female" else "M"
    text, count = re.subn(rf"\b{age}(?=(?:-year-old| ?[MF]\b| ?yo\b| ?y/o))", str(other), note.reply, count=1)
    forms = [f"Aged {other}.", f"{other}{letter}, seen today.", f"{other} y/o {'woman' if letter == 'F' else 'man'}.", f"{_he(note)} is {other} years old.",
             f"{_he(note)} is now {other}.", f"A {'woman' if letter == 'F' else 'man'} in {'her' if letter == 'F' else 'his'} {'forties' if age > 60 else 'nineties'}."]  # fmt: skip
    if not count or rng.random() < 0.6:
        added = _after(note.reply, rng.choice(forms), rng, _STORY)
        return None if added is None else Spoilt(added, evidence, note.plan)
    return Spoilt(text, evidence, note.plan)


def _sex(note: Recorded) -> list[str]:
    woman = note.persona.sex == "female"
    age = note.plan.age
    return [f"{age}{'M' if woman else 'F'} as above.", f"{age}-year-old {'gentleman' if woman else 'lady'}.", f"This {'man' if woman else 'woman'} of {age} is well known here.",
            f"Pt is a {age} yo {'male' if woman else 'female'}."]  # fmt: skip


def _informant(note: Recorded, evidence: dict[int, str], rng: random.Random, bench: Bench) -> Spoilt | None:
    person = note.plan.informant
    if person is None or not person.name:
        return None
    other = rng.choice(
        [
            each
            for each in ("Beatrice", "Douglas", "Kimberly", "Stanley", "Howard", "Nadine")
            if each != person.name
        ]
    )
    if person.name in note.reply and rng.random() < 0.5:
        return Spoilt(
            note.reply.replace(person.name, other),
            {i: w.replace(person.name, other) for i, w in evidence.items()},
            note.plan,
        )
    text = _after(
        note.reply,
        rng.choice(
            [
                f"{person.relation.capitalize()} {other} agrees.",
                f"The {person.relation}, {other}, has the list.",
            ]
        ),
        rng,
        _STORY,
    )
    return None if text is None else Spoilt(text, evidence, note.plan)


def _name(note: Recorded) -> list[str]:
    return ["Dr. Patel agrees.", "Mr. Thompson was told.", "Mrs. Alvarez will call.", "Discussed with Dr. Nguyen.", "Seen with Nurse Collins.", "Stephanie from the front desk helped.",
            "Referred by Dr. Rao.", "Gregory called ahead.", "Signed by: Ellen Marsh", "A. Whitfield, MD."]  # fmt: skip


def _life(note: Recorded) -> list[str]:
    marital, sex = note.persona.factors.get("marital", ""), note.persona.sex
    texts = [
        f"{_he(note)} is a retired {job}."
        for job in ("pharmacist", "welder", "secretary", "carpenter", "bookkeeper")
        if job not in note.persona.work
    ]
    texts += [
        f"Worked as a {job} for years."
        for job in ("machinist", "waitress", "plumber")
        if job not in note.persona.work
    ]
    if marital not in ("divorced", ""):
        texts.append(f"{_he(note)} is divorced.")
    if marital not in ("widowed", ""):
        texts.append(f"{'Widow' if sex == 'female' else 'Widower'}, lives alone.")
    if note.persona.factors.get("education") in ("primary", "secondary"):
        texts.append("College graduate.")
    return texts


def _date(note: Recorded) -> list[str]:
    return [
        "Last seen on 3/14.",
        "Seen March 29.",
        "Next visit on 12/17.",
        "Labs from 2/23 reviewed.",
        "Fell on the 5 November.",
        "MRI of 1/19/11 reviewed.",
        "Visit of September 23.",
        "Since 8/27 no change.",
    ]


def _thinking(note: Recorded) -> list[str]:
    return ["Let me make sure every item is covered.", "I need to mention the denied items here.", "The user wants the symptom said once.", "The prompt says about 200 words.",
            "Okay, so the patient needs a plan.", "We need to write the plan next.", "As instructed, no names are used.", "Item 3 is said above."]  # fmt: skip


def _echo(note: Recorded) -> list[str]:
    return ["TO SAY", "PLAN OF THE DAY", "Clipped fragments, abbreviations where a hurried clinician would use them.", "NAMED SO FAR: no diagnosis yet for what is told below.",
            "1. trouble seeing (the patient says, worse than before)", "Say every numbered item at least once, in your own clinical words or the ones given.",
            "Denied, or said to be intact, when asked", "Keep the assessment to two lines."]  # fmt: skip


def _echoed(note: Recorded, evidence: dict[int, str], rng: random.Random, bench: Bench) -> Spoilt | None:
    lines = note.reply.split("\n")
    lines.insert(rng.randrange(1, len(lines)), rng.choice(_echo(note)))
    return Spoilt("\n".join(lines), evidence, note.plan)


def _with_chart(note: Recorded, bench: Bench, text: str) -> NotePlan:
    """Return the plan with an agenda whose list holds what a note names, each drug with the dose that it gives."""
    listed = []
    for _, end, drug in bench.words.drugs_in(text):
        dose = re.match(r"[ ,]{1,2}(\d+(?:\.\d+)? ?(?:mg|mcg|units)?)", text[end:])
        listed.append((drug, dose[1] if dose else "", ""))
    agenda = Agenda("follow_up", [], True, None, medicines=listed, known=frozenset(bench.words.thread.values()),
                    tokens=frozenset({note.persona.factors.get("marital", "")}))  # fmt: skip
    return replace(note.plan, agenda=agenda)


def _drug(note: Recorded, evidence: dict[int, str], rng: random.Random, bench: Bench) -> Spoilt | None:
    plan = _with_chart(note, bench, note.reply)
    assert plan.agenda is not None
    held = {name for name, _, _ in plan.agenda.medicines}
    off = [
        each
        for each in (
            "warfarin",
            "glipizide",
            "digoxin",
            "prednisone",
            "tramadol",
            "oxybutynin",
            "haloperidol",
            "levothyroxine",
        )
        if each not in held
    ]
    doses = [
        (m.group(0), m)
        for m in re.finditer(r"\b\d+(?= ?mg\b)", note.reply)
        if any(True for _ in bench.words.drugs_in(note.reply[max(0, m.start() - 14) : m.start()]))
    ]
    if doses and rng.random() < 0.5:
        number, match = rng.choice(doses)
        text = note.reply[: match.start()] + str(int(number) * 3 + 7) + note.reply[match.end() :]
        return Spoilt(text, {}, plan)
    text2 = _after(
        note.reply,
        rng.choice(
            [
                f"Continue {off[0]}.",
                f"Takes {rng.choice(off)} 5 mg daily.",
                f"{rng.choice(off).capitalize()} refilled.",
            ]
        ),
        rng,
        _STORY + _PLAN,
    )
    return None if text2 is None else Spoilt(text2, {}, plan)


KINDS: dict[str, tuple[str, Spoil]] = {
    "item left out": ("mention_missing", _missing),
    "item the other way round": ("mention_polarity", _polarity),
    "past told as present": ("past_as_present", _past),
    "relative's as the patient's": ("relative_as_patient", _relative),
    "course reversed": ("course_reversed", _course),
    "unplanned symptom": ("symptom_unplanned", _added(_STORY, _unplanned)),
    "score not given": ("score_foreign", _added(_EXAM + _STORY, _score)),
    "diagnosis not yet made": ("diagnosis_early", _added(_JUDGED + _PLAN, _diagnosis)),
    "drug or dose off the chart": ("drug_foreign", _drug),
    "age": ("age", _age),
    "sex": ("sex", _added(_STORY, _sex)),
    "job, marriage, schooling": ("life", _added(_STORY, _life)),
    "informant's name": ("informant_name", _informant),
    "names and titles": ("name_foreign", _added(_STORY + _PLAN, _name)),
    "dates": ("date_foreign", _added(_STORY + _PLAN, _date)),
    "copied prompt lines": ("echo", _echoed),
    "thinking aloud": ("thinking", _added(_STORY + _PLAN, _thinking)),
}


def inject(bench: Bench, notes: list[Recorded], each: int, show: bool) -> None:
    """Put faults into notes and print how many of each kind are found."""
    rng = random.Random(14)
    notes = [note for note in notes if note.alignment is Alignment.BOTH]
    evidence = {note.key: bench.evidence(note) for note in notes}
    clean: dict[tuple[str, bool], dict[str, set[str]]] = {}
    print(f"\n{'fault put in':30} {'check':20} {'found':>7}  by any check")
    total = seen = 0
    for kind, (check, spoil) in KINDS.items():
        tried = hits = other = 0
        for _ in range(each * 8):
            if tried == each:
                break
            note = rng.choice(notes)
            spoilt = spoil(note, evidence[note.key], rng, bench)
            if spoilt is None:
                continue
            given = {
                i: w
                for i, w in spoilt.evidence.items()
                if " ".join(w.split()) in " ".join(spoilt.text.split()) or check == "mention_missing"
            }
            # What the note fails without the fault is no finding of it.
            key = (note.key, spoilt.plan.agenda is not None)
            if key not in clean:
                plan = spoilt.plan if spoilt.plan.agenda is not None else note.plan
                clean[key] = bench.found(note, with_evidence(note.reply, evidence[note.key]), plan)
            found = bench.found(note, with_evidence(spoilt.text, given), spoilt.plan)
            new = {name: why - clean[key].get(name, set()) for name, why in found.items()}
            tried += 1
            hit = bool(new.get(check))
            hits += hit
            other += any(new.values())
            if show and not hit:
                turned = [i for i, m in enumerate(spoilt.plan.mentions) if m != note.plan.mentions[i]]
                where = (
                    given.get(turned[0], "")
                    if turned
                    else next((line for line in spoilt.text.split("\n") if line not in note.reply), "")
                )
                print(f"   missed {kind}: {note.key}: {where[-160:]}")
        total, seen = total + tried, seen + hits
        print(f"{kind:30} {check:20} {hits:3}/{tried:<3}  {other}/{tried}")
    print(f"all: {seen}/{total} = {seen / max(1, total):.3f}")


def recorded(bench: Bench, notes: list[Recorded], verdicts: Path) -> None:
    """Print what the checks find in the notes as they are, and how much of it is true by the verdicts."""
    judged = {}
    if verdicts.exists():
        with verdicts.open(encoding="utf-8", newline="") as table:
            judged = {
                (row["key"], row["check"], row["reason"]): row["true"] == "yes"
                for row in csv.DictReader(table)
            }
    counts: Counter[tuple[str, str]] = Counter()
    passed = both = 0
    for note in notes:
        found = bench.found(note)
        sent_back = set(found) - UNSURE
        if note.alignment is Alignment.BOTH:
            both += 1
            passed += not sent_back
        for name in set(found) - {"mention_missing"}:
            for reason in sorted(found[name]):
                verdict = judged.get((note.key, name, reason))
                counts[(name, {True: "true", False: "false", None: "unread"}[verdict])] += 1
                if verdict is None:
                    print(f"unread: {note.key},{name},{reason}")
    print(
        f"{passed} of {both} `both` notes pass at first reply (no block of evidence, so the finder of stems sends nothing back)"
    )
    print(f"{'check':20} {'true':>5} {'false':>6} {'unread':>7}")
    for name in sorted({name for name, _ in counts}):
        print(f"{name:20} {counts[name, 'true']:5} {counts[name, 'false']:6} {counts[name, 'unread']:7}")


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--notes", type=Path, required=True, help="records of notes, one a line")
    parser.add_argument(
        "--verdicts", type=Path, default=Path(__file__).parent / "data" / "note_check_verdicts.csv"
    )
    parser.add_argument("--each", type=int, default=30, help="faults of each kind")
    parser.add_argument("--show", action="store_true", help="print faults that were missed")
    options = parser.parse_args()
    bench = Bench(load_pack("alzheimers"))
    notes = list(recorded_notes(options.notes, bench.pack))
    recorded(bench, notes, options.verdicts)
    inject(bench, notes, options.each, options.show)


if __name__ == "__main__":
    main()
