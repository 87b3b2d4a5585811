from dataclasses import replace

import pytest

from dualalign.errors import WriterError
from dualalign.notes import GrammarWriter
from dualalign.notes.inflection import Verbs
from dualalign.notes.patient_voice import CLOSE, OPEN, PatientVoice
from dualalign.notes.phrase_language import expand, parse
from dualalign.packs import Pack
from dualalign.personas.persona import Informant
from dualalign.randomness import Stream, fast_random
from dualalign.trajectories import Mention, Polarity, Reporter, Score
from tests.notes.conftest import Written


@pytest.fixture
def voice(writer: GrammarWriter, patients: list[Written]) -> PatientVoice:
    each = patients[0]
    made = PatientVoice(replace(each.persona, sex="female"), writer.tables, fast_random(1, Stream.NOTES, 0))
    made.begin_visit(each.plans[0])
    return made


def say(voice: PatientVoice, pack: Pack, phrase: str) -> str:
    out: list[str] = []
    expand(parse(phrase, Verbs(pack.verbs)), out, voice, voice.draw)
    return "".join(out).replace(OPEN, "").replace(CLOSE, "")


def mention(term: str, months: int = 0, severity: float = 0.5) -> Mention:
    return Mention(
        "memory", term, Polarity.AFFIRMED, Reporter.PATIENT, ("cognitive",), months=months, severity=severity
    )


def test_pronouns_follow_the_persona(voice: PatientVoice, pack: Pack) -> None:
    assert say(voice, pack, "{He} hurt {himself}; {his} knee, {him}") == "She hurt herself; her knee, her"


def test_a_missing_slot_is_named(voice: PatientVoice, pack: Pack) -> None:
    with pytest.raises(WriterError, match="no_such_list"):
        say(voice, pack, "{no_such_list}")


def test_without_an_informant_nobody_speaks(voice: PatientVoice, pack: Pack) -> None:
    voice.name_informant(Informant("daughter", "Ines"))
    assert "daughter" in say(voice, pack, "{informant}")
    voice.name_informant(None)
    with pytest.raises(WriterError, match="informant"):
        say(voice, pack, "{informant}")


def test_durations_tell_the_months(voice: PatientVoice, pack: Pack) -> None:
    voice.speak_of((mention("memory", months=120),))
    told = {say(voice, pack, "{since}") for _ in range(60)}
    assert any("10" in each for each in told)
    assert not any("month" in each for each in told)
    assert all(say(voice, pack, "{Since}")[0].isupper() for _ in range(60))


def test_frequency_follows_severity(voice: PatientVoice, pack: Pack) -> None:
    voice.speak_of((mention("memory", severity=0.05),))
    seldom = {say(voice, pack, "{often}") for _ in range(200)}
    voice.speak_of((mention("memory", severity=0.95),))
    frequently = {say(voice, pack, "{often}") for _ in range(200)}
    assert seldom.isdisjoint(frequently)


def test_verbs_agree_with_the_noun_said(voice: PatientVoice, pack: Pack) -> None:
    found = set()
    for _ in range(80):
        voice.speak_of((mention("memory"),))
        noun, verb = say(voice, pack, "{noun}|{now:be}".replace("|", " / ")).split(" / ")
        found.add((noun, verb))
    assert {verb for _, verb in found} <= {"is", "are"}
    assert all(verb == "is" for noun, verb in found if "loss of" in noun)
    for _ in range(40):
        voice.speak_of((mention("memory"), mention("recall")))
        assert say(voice, pack, "{nouns} {now:be}").endswith(" are")
        assert say(voice, pack, "{nouns} {then:persist}").endswith(" persisted")


def test_phrases_take_turns_before_any_returns(voice: PatientVoice, pack: Pack) -> None:
    pool = voice.tables.book.pool("memory", "nouns", "mci", "neurology", voice.tags)
    taken = [voice.take(pool) for _ in pool]
    assert len({id(phrase) for phrase in taken}) == len(pool)
    assert voice.take(pool) is taken[0]


def test_each_illness_of_the_patient_is_named_once(
    voice: PatientVoice, pack: Pack, patients: list[Written]
) -> None:
    plan = replace(patients[0].plans[0], problems=("hypertension", "diabetes"))
    names = pack.layouts.problem_names
    for _ in range(30):
        voice.begin_visit(plan)
        named = [say(voice, pack, "{problem}") for _ in range(2)]
        assert {name in names["hypertension"] for name in named} == {True, False}


def test_a_test_does_not_take_the_name_of_the_informant(voice: PatientVoice, pack: Pack) -> None:
    voice.name_informant(Informant("daughter", "Ines"))
    voice.name_score(Score("mmse", "MMSE", 21.0, 30.0, True, "mild impairment"))
    assert say(voice, pack, "{name} {test} {value}/{maximum}") == "Ines MMSE 21/30"
