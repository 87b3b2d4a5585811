"""A stand-in for a model: a plain note made of a prompt's own lines, so that checks and repairs have something to read.

Three first replies in ten leave one symptom out, by the prompt's hash; sent back, the note comes whole. The same
request always gets the same reply. `python benchmarks/note_from_prompt.py --port 8099` starts a server of such notes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
from collections.abc import Iterator, Sequence

from aiohttp import web
from chat_server import ChatServer

_ITEM = re.compile(r"^(?P<number>\d+)\. (?P<say>.+?)(?: \((?P<how>[^()]+)\))?$", re.MULTILINE)
_VISIT = re.compile(r"^VISIT: (?P<name>[^,]+), (?P<date>\d{4}-\d\d-\d\d).*; (?P<who>[^;]+)\.$", re.MULTILINE)
_TESTS = re.compile(r"^TESTS: (.+)\.$", re.MULTILINE)
_PLAN = re.compile(r"^PLAN OF THE DAY\n((?:- .+\n)+)", re.MULTILINE)
_SECTIONS = {"found by the examiner": "OBJECTIVE", "looked for": "OBJECTIVE", "weighed": "ASSESSMENT"}
_WORDS = re.compile(r"About (\d+) words")
_INCOMPLETE = 0.3

_OPENINGS = ("Seen today {who}.", "Visit {who}, as arranged.", "Comes {who}.", "Scheduled visit {who}.")
_FILLERS = (
    "Blood pressure {a}/{b}, pulse {c}.",
    "Weight {c} kg, up {d} kg on last time.",
    "Appetite {quality}; takes {d} meals a day.",
    "Lungs {quality}, heart sounds regular at {c} a minute.",
    "Takes {d} tablets in the {time} and none at noon.",
    "Chatted about the garden and the {time} news.",
    "The knee clicks on the {d}th stair.",
    "Skin {quality}; a bruise of {d} cm on the shin.",
    "Teeth {quality}, dentist in {d} weeks.",
    "Flu shot given in the {time}.",
    "Labs drawn: sodium 1{e}, potassium 4.{d}.",
    "Abdomen soft, bowels {quality}, last opened {d} days ago.",
)


class NoteServer(ChatServer):
    """A chat server whose whole replies are notes made of their prompts; its faults stay as they are."""

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        response = await super()._answer(request)
        if not isinstance(response, web.Response) or response.status != 200 or not response.body:
            return response
        try:
            content = json.loads(response.body)
            message = content["choices"][0]["message"]
        except (ValueError, KeyError):
            return response
        if message["content"]:
            message["content"] = note_for((await request.json())["messages"])
        return web.json_response(content)


def note_for(messages: Sequence[dict[str, str]]) -> str:
    """Return a note for a writer's messages, the same for the same messages."""
    asked = [message["content"] for message in messages if message["role"] == "user"]
    # An example of another patient may stand before the request; what is sent back comes after it.
    repaired = _VISIT.search(asked[-1]) is None
    prompt = asked[-2 if repaired else -1]
    chance = random.Random(prompt)
    items = list(_ITEM.finditer(prompt[prompt.find("TO SAY") :])) if "TO SAY" in prompt else []
    left_out = chance.randrange(len(items)) if items and chance.random() < _INCOMPLETE else None
    if repaired:
        left_out = None
    visit = _VISIT.search(prompt)
    who = visit["who"] if visit else "alone"
    sections: dict[str, list[str]] = {
        "SUBJECTIVE": [chance.choice(_OPENINGS).format(who=who)],
        "OBJECTIVE": [],
        "ASSESSMENT": [],
    }
    evidence = []
    about = prompt[: prompt.find("PLAN OF THE DAY")]
    for number, item in enumerate(items):
        if number == left_out:
            continue
        how = item["how"] or ""
        denied = "Denied, or said" in about[: about.find(item[0])]
        sentence, words = _sentence(item["say"], how, denied)
        section = next((name for cue, name in _SECTIONS.items() if how.startswith(cue)), "SUBJECTIVE")
        sections[section].append(sentence)
        evidence.append(f'{item["number"]}: "{words}"')
    wanted = int(match[1]) // 2 if (match := _WORDS.search(prompt)) else 60
    said = sum(len(each.split()) for lines in sections.values() for each in lines)
    sections["OBJECTIVE"] += _fillers(chance, wanted - said)
    if match := _TESTS.search(prompt):
        sections["OBJECTIVE"] += [
            f"{each.split(' (')[0]}."
            for each in match[1].split("; ")
            if "not given" not in each and "/" in each and " on " not in each.split(" (")[0]
        ]
    sections["ASSESSMENT"].append("As told above.")
    plan = (
        [line[2:].strip() + "." for line in match[1].splitlines()]
        if (match := _PLAN.search(prompt))
        else ["No change."]
    )
    note = "\n\n".join(f"{name}:\n{' '.join(lines)}" for name, lines in sections.items() if lines)
    note += f"\n\nPLAN:\n{' '.join(plan)}\n"
    return "\n".join([note, "EVIDENCE", *evidence]) if evidence else note


def _sentence(say: str, how: str, denied: bool) -> tuple[str, str]:
    """Return a sentence that says an item, and the words of it that do."""
    if how.startswith("in the past"):
        return f"Had {say} in the past, resolved.", f"{say} in the past, resolved"
    if "not in the patient" in how:
        return f"Family history: {how.split(',')[0].removeprefix('in ')} had {say}.", f"had {say}"
    if say.startswith("independent in"):
        return f"Is {say}.", say
    if denied or how.startswith("looked for"):
        return f"Denies {say}.", f"Denies {say}"
    told = {
        "worse than before": "worse than before",
        "better than before": "better than before",
        "new": "new",
    }
    course = next((f", {words}" for cue, words in told.items() if how.endswith(cue)), "")
    who = how.split(" says")[0].removeprefix("the patient").strip() if " says" in how else ""
    by = f"{who[:1].upper()}{who[1:]} reports " if who else "Has "
    return f"{by}{say}{course}.", f"{say}{course}"


def _fillers(chance: random.Random, words: int) -> Iterator[str]:
    while words > 0:
        filler = chance.choice(_FILLERS).format(
            a=chance.randint(104, 168),
            b=chance.randint(58, 96),
            c=chance.randint(52, 99),
            d=chance.randint(2, 8),
            e=chance.randint(34, 46),
            quality=chance.choice(("good", "fair", "unchanged", "as before", "clear")),
            time=chance.choice(("morning", "evening", "afternoon")),
        )
        words -= len(filler.split())
        yield filler


async def _serve(arguments: argparse.Namespace) -> None:
    _, url = await NoteServer(arguments.latency).start(arguments.port)
    print(url, flush=True)
    await asyncio.sleep(arguments.seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--seconds", type=float, default=600, help="stop by itself after so long")
    asyncio.run(_serve(parser.parse_args()))
