"""Turn the marks of forms - boxes, signs, answers of a letter - into signs that cues can name.

Positions stay as they are. What a box leaves unchosen becomes blanks; the rest becomes one of three signs.
"""

from __future__ import annotations

import re

DENIES_BEFORE = "⊖"
"""What stands before it is denied: `falls: N`, `falls (-)`."""
DENIES_AFTER = "⊘"
"""What stands after it is denied: `-falls`."""
AFFIRMS = "⊕"
"""An answer that affirms, or the end of what a mark before it denied."""

_BOX = r"(?:\[ ?[x✓✔√✗*+-]? ?\]|\((?: ?[x✓✔✗+-] ?| {1,3})\)|[☐☑☒□■▢✅✓✔✗✘✕✖❌⊖⊕])"
_ANY_BOX = re.compile(_BOX)
_CHOSEN = re.compile("[x✓✔√*+☑■✅⊕]")
_MINUS = re.compile("[-✘✕✖❌⊖]|^✗$")
_CLEARED = str.maketrans({DENIES_AFTER: " "})
_PAIR = r"(?:yes|no|y|n)\b"
_CHOICE = re.compile(
    rf"(?<![\w'])(?:{_PAIR}\s*:?[ \t]*{_BOX}[ \t,/|]*){{1,3}}|(?:{_BOX}[ \t]*{_PAIR}[ \t,/|]*){{1,3}}"
)
_OPTION = re.compile(rf"(?P<box>{_BOX})|(?P<word>{_PAIR})")
_EITHER = re.compile(
    r"\(?(?<![\w'])(?:y(?:es)? ?/ ?no?|no? ?/ ?y(?:es)?)(?![\w'/])\)?(?P<answer>[ \t]*[:=?-]+[ \t]*\w)?"
)
_SIGN = re.compile(r"(?:(?<=^)|(?<=[\s,;:(]))([+-]) ?(?=[a-z]{2})")
_SAID = (
    r"(?P<said>(?P<no>no|n|none|never|nope|neg|negative|absent|false|nil|denie[sd]|n/a|na|unknown|deferred"
    r"|unable to (?:assess|obtain|tell)"
    r"|not (?:applicable|assessed|tested|present|noted|reported|endorsed|observed|asked|known|at all))"
    r"|y|yes|true|pos|positive|present)(?![\w'/&-]|\.\w)"
)
_ANSWER = re.compile(rf"(?P<mark>(?:[:=?]{{1,3}}(?:[ \t]{{0,9}}[-—])?|[|\t]|\.{{2,30}})[ \t]{{0,9}}){_SAID}")
_DASHED = re.compile(rf"(?P<mark>(?<=[\w)]) {{1,9}}(?:-{{1,2}}|—) {{0,9}}|(?<=[a-z])— ?){_SAID}")
_ITEM_FOLLOWS = re.compile(r"[ \t]*(?:$|[,;|/()\t\n]|\.(?!\d)|[ ]{2}|[a-z][a-z /]{1,40}(?:[:=?|]|\.\.))")
_BARE = re.compile(r"(?P<mark>(?<=[a-z]{3}) {1,9})(?P<said>(?P<no>n)|y)(?=\s*(?:[,;|]|$))")
_ASKED = re.compile(rf"\?(?=\s{{0,9}}[{DENIES_BEFORE}{AFFIRMS}])")
_WORD = re.compile(r"\w")
_BELOW = re.compile(r"\?[ \t]{0,9}\r?\n(?=\s{0,9}(?:y|yes|n|no|none|never|denies|denied|n/a)\b)")
_LETTER = frozenset("ny")


def read_marks(text: str) -> str:
    """Return a text in lower case with its marks as signs, character for character."""
    if "?" in text:
        # The answer may stand on the line below.
        text = _BELOW.sub(lambda match: "?".ljust(len(match[0])), text)
    if "\n" in text:
        return "\n".join(_read_line(line) for line in text.split("\n"))
    return _read_line(text)


def _read_line(line: str) -> str:
    if DENIES_AFTER in line:
        line = line.translate(_CLEARED)
    if _ANY_BOX.search(line):
        line = _boxes(_choices(line))
    if "/" in line:
        line = _EITHER.sub(_unanswered, line)
    if "+" in line or "-" in line:
        line = _signs(line)
    if " -" in line or "—" in line:
        line = _DASHED.sub(_answer, line)
    if " n" in line or " y" in line:
        line = _BARE.sub(_answer, line)
    line = _ANSWER.sub(_answer, line)
    return _ASKED.sub(":", line) if "?" in line else line


def _sign(sign: str, length: int) -> str:
    return sign + " " * (length - 1)


def _choices(line: str) -> str:
    """Read `[x] no [ ] yes` as one answer."""

    def chosen(match: re.Match[str]) -> str:
        boxes: list[str] = []
        words: list[str] = []
        for option in _OPTION.finditer(match[0]):
            (boxes if option["box"] else words).append(option[0])
        said = [word for box, word in zip(boxes, words, strict=False) if _is_chosen(box, match[0])]
        yes = bool(said) and all(word.startswith("y") for word in said)
        denies = DENIES_BEFORE if _WORD.search(line, 0, match.start()) else "no"
        if not said and words == ["no"]:
            return " " * len(match[0])
        return (AFFIRMS if yes else denies).ljust(len(match[0]))

    return _CHOICE.sub(chosen, line)


def _is_chosen(box: str, among: str) -> bool:
    """Return whether a box is marked; a crossed one counts as marked unless others are ticked."""
    if box == "☒":
        return "☑" not in among and "✓" not in among and "✔" not in among
    return bool(_CHOSEN.search(box)) or box in ("[✗]", "(✗)")


def _boxes(line: str) -> str:
    boxes = [box for box in _ANY_BOX.finditer(line) if box[0] != AFFIRMS or _CHOSEN.search(box[0])]
    if not boxes:
        return line
    follows = _follow(line, boxes)
    pieces = [line[: boxes[0].start()]]
    ends = False
    for number, box in enumerate(boxes):
        end = boxes[number + 1].start() if number + 1 < len(boxes) else len(line)
        item = line[box.end() : end]
        length = box.end() - box.start()
        denied = bool(_MINUS.search(box[0]))
        chosen = not denied and _is_chosen(box[0], line)
        if box[0] == "☒" and follows and "☐" not in line:
            chosen = False
        if follows:
            pieces += [_sign(AFFIRMS if chosen else DENIES_BEFORE, length), item]
        elif denied:
            ends = True
            pieces += ["no".rjust(length) if length > 1 else DENIES_AFTER, item]
        elif chosen:
            pieces += [_sign(AFFIRMS, length) if ends or "+" in box[0] else " " * length, item]
        else:
            pieces += [" " * (length + len(item))]
    return "".join(pieces)


def _follow(line: str, boxes: list[re.Match[str]]) -> bool:
    """Return whether boxes stand behind what they mark, not before it."""
    before = line[: boxes[0].start()].rstrip()
    if not _WORD.search(before):
        return False
    after = line[boxes[0].end() :].lstrip(" \t")
    last = line[boxes[-1].end() :].strip(" \t.,;|)")
    return not after[:1].isalnum() or (not last and not before.endswith(":"))


def _unanswered(match: re.Match[str]) -> str:
    """Read `falls y/n: n` by its answer, and `falls y/n` alone as not affirmed."""
    length = len(match[0])
    if match["answer"]:
        return " " * (length - len(match["answer"])) + match["answer"]
    return _sign(DENIES_BEFORE, length)


def _signs(line: str) -> str:
    """Read `-falls +tremor`; a single one, and dashes with a blank behind, only set off what follows."""
    signs = list(_SIGN.finditer(line))
    kinds = {sign[1] for sign in signs}
    glued = sum(not sign[0].endswith(" ") for sign in signs)
    if len(signs) < 2 or (len(kinds) == 1 and ("+" in kinds or glued < 2)):
        return line
    return _SIGN.sub(lambda sign: _sign(AFFIRMS if sign[1] == "+" else DENIES_AFTER, len(sign[0])), line)


def _answer(match: re.Match[str]) -> str:
    said, mark = match["said"], match["mark"]
    dashed = not mark.strip(" -—") and "\t" not in mark
    if (dashed or said not in _LETTER) and not _ITEM_FOLLOWS.match(match.string, match.end()):
        return match[0]
    return mark + _sign(DENIES_BEFORE if match["no"] else AFFIRMS, len(said))
