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

_MENTION = re.compile(r'^\d+\. "(?P<wording>.+)" \((?P<name>.+?)\): (?P<how>.+)$', re.MULTILINE)
_VISIT = re.compile(r"^VISIT: (?P<name>.+) on (?P<date>\S+); (?P<who>.+)\.$", re.MULTILINE)
_SCORES = re.compile(r"^SCORES TODAY: (.+)\.$", re.MULTILINE)
_MEDICINES = re.compile(r"^MEDICINES FOR THE CONDITION: (.+)\.$", re.MULTILINE)
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
    mentions = list(_MENTION.finditer(prompt))
    left_out = chance.randrange(len(mentions)) if mentions and chance.random() < _INCOMPLETE else None
    if repaired:
        left_out = None
    visit = _VISIT.search(prompt)
    who = visit["who"] if visit else "alone"
    said = [chance.choice(_OPENINGS).format(who=who)]
    said += [_sentence(mention) for number, mention in enumerate(mentions) if number != left_out]
    wanted = int(match[1]) // 2 if (match := _WORDS.search(prompt)) else 60
    fillers = list(_fillers(chance, wanted - sum(len(each.split()) for each in said)))
    scores = match[1].replace("; ", ". ") + "." if (match := _SCORES.search(prompt)) else "No tests today."
    plan = match[1] + "." if (match := _MEDICINES.search(prompt)) else "No new medicines."
    return (
        f"SUBJECTIVE:\n{' '.join(said)}\n\nOBJECTIVE:\n{' '.join([*fillers, scores])}\n\n"
        f"PLAN:\n{plan} Return in {chance.randint(2, 9)} months.\n"
    )


def _sentence(mention: re.Match[str]) -> str:
    name, how = mention["name"], mention["how"]
    if how.startswith("present"):
        return f"Has trouble with {name}: {mention['wording']}."
    if how.startswith("absent"):
        return f"Denies {name}."
    if how.startswith("in a relative"):
        return f"Family history of {name}."
    return f"Had trouble with {name} in the past."


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
