import pytest

from dualalign.errors import PackError
from dualalign.notes.frame_book import FrameBook
from dualalign.notes.inflection import Verbs
from dualalign.notes.phrase_language import slots
from dualalign.packs import Pack
from dualalign.packs.schema.frames import Frame, FrameGroup, Frames

NONE: frozenset[str] = frozenset()
ALL = frozenset({"consequence", "baseline", "setting"})


def book(pack: Pack, *frames: str | Frame) -> FrameBook:
    group = FrameGroup(polarity="affirmed", reporter="patient", kind="event", frames=list(frames))
    return FrameBook(pack.frames.model_copy(update={"groups": [group]}), Verbs(pack.verbs))


def said(found: FrameBook, **wanted: object) -> list[str]:
    asked = {
        "polarity": "affirmed",
        "reporter": "patient",
        "kind": "event",
        "author": "narrative",
        "course": "ongoing",
        "companions": ALL,
        "barred": NONE,
        "several": False,
    } | wanted
    return ["".join(part for part in parts if isinstance(part, str)) for parts in found.pool(**asked)]  # type: ignore[arg-type]


def test_weight_becomes_repetition(pack: Pack) -> None:
    found = said(book(pack, Frame(say="a {event:past}", weight=3), Frame(say="b {event:past}")))
    assert found.count("a ") == 3 * found.count("b ")


def test_author_and_course_restrict(pack: Pack) -> None:
    found = book(
        pack,
        Frame(say="t {event:past}", authors=["telegraphic"]),
        Frame(say="w {event:past}", courses=["worse"]),
        "any {event:past}",
    )
    assert set(said(found)) == {"any "}
    assert set(said(found, author="telegraphic", course="worse")) == {"t ", "w ", "any "}


def test_frames_need_the_companions_they_ask_for(pack: Pack) -> None:
    found = book(pack, "c {event:past}; {consequence}", "any {event:past}")
    assert set(said(found, companions=NONE)) == {"any "}


def test_a_one_time_event_meets_no_frame_of_habit(pack: Pack) -> None:
    found = book(
        pack,
        "often {event:past} {often}",
        "habit {event:s}",
        "since {event:ing} {since}",
        Frame(say="still {event:ing}", courses=["ongoing"]),
        Frame(say="marked {event:ing}", repeats=True),
        "once {event:past}",
    )
    barred = frozenset({"often", "since", "Since", "setting", "repeats"})
    assert set(said(found, barred=barred)) == {"once "}
    assert len(set(said(found))) == 6


def test_nothing_left_lifts_the_bar(pack: Pack) -> None:
    assert said(book(pack, "habit {event:s}"), barred=frozenset({"repeats"}))


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        ("nothing", "exactly one"),
        ("{event:past} {noun}", "exactly one"),
        ("{now:be} {noun}", "before the noun"),
    ],
)
def test_a_frame_that_cannot_work_is_refused(pack: Pack, say: str, reason: str) -> None:
    with pytest.raises(PackError, match=reason):
        book(pack, say)


@pytest.mark.parametrize("author", ["telegraphic", "narrative", "templated"])
@pytest.mark.parametrize("course", ["new", "ongoing", "worse", "better"])
@pytest.mark.parametrize("reporter", ["patient", "informant", "clinician"])
@pytest.mark.parametrize("kind", ["event", "noun"])
def test_the_shipped_frames_say_a_one_time_mention_of_any_course(
    pack: Pack, author: str, course: str, reporter: str, kind: str
) -> None:
    shipped = FrameBook(pack.frames, Verbs(pack.verbs))
    barred = frozenset({"often", "since", "Since", "setting", "repeats"})
    pool = shipped.pool("affirmed", reporter, kind, author, course, NONE, barred, False)
    assert pool
    assert all(not slots(parts) & barred for parts in pool)


def test_shipped_informant_frames_name_the_informant_or_the_family(pack: Pack) -> None:
    for group in Frames.model_validate(pack.frames.model_dump()).groups:
        if group.reporter != "informant":
            continue
        for item in group.frames:
            say = item.say if isinstance(item, Frame) else item
            assert any(cue in say for cue in ("nformant}", "el}", "amily", "Relatives", "household")), say
