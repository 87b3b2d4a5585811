"""A pack is somebody else's file: its templates put plain data into text and do nothing else."""

import shutil
import time
from pathlib import Path

import pytest
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel

from dualalign.errors import PackError
from dualalign.packs import load_pack
from dualalign.packs.templates import _ENVIRONMENT, checked_template, read_template, rendered

KNOWN = frozenset({"forms", "word", "visit"})


class Visit(BaseModel):
    name: str = "clinic"

    def boom(self) -> str:
        raise AssertionError("called")


ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ word['__class__'] }}",
    "{{ word | attr('__class__') }}",
    "{{ forms | map(attribute='__class__') | list }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__ }}",
    "{{ self.__init__ }}",
    "{{ forms.append(1) }}",
    "{{ visit.boom() }}",
    "{{ '%s' % word }}",
    "{{ '{0.__class__}'.format(word) }}",
    "{% for x in range(10) %}{{ x }}{% endfor %}",
    "{% for x in forms recursive %}{{ loop(forms) }}{% endfor %}",
    "{% for a in forms %}{% for b in forms %}{% for c in forms %}{% endfor %}{% endfor %}{% endfor %}",
    "{{ 'a' * 10000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{% set x = forms %}{{ x }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% macro m() %}{% endmacro %}{{ m() }}",
    "{% block b %}{% endblock %}{{ self.b() }}",
    "{{ word | replace('a', 'aaaa') }}",
    "{{ word | center(100000000) }}",
    "{{ (" + "(" * 3000 + "1" + ")" * 3001 + " }}",
    "{% if word %}" * 400 + "{% endif %}" * 400,
    "x" * 100_000,
]


@pytest.mark.parametrize("template", ESCAPES, ids=lambda template: template[:40])
def test_an_escape_is_refused_when_the_pack_is_loaded(template: str) -> None:
    with pytest.raises(ValueError, match="template"):
        checked_template(template, KNOWN)


# Past the first wall, as a template that was never checked.
@pytest.mark.parametrize("template", ESCAPES[:9], ids=lambda template: template[:40])
def test_an_escape_is_refused_when_a_prompt_is_made(template: str) -> None:
    with pytest.raises((PackError, TemplateError), match=r"template|filter"):
        rendered(read_template(template), forms=["a"], word="w", visit=Visit())


def test_the_environment_is_the_immutable_sandbox() -> None:
    assert isinstance(_ENVIRONMENT, ImmutableSandboxedEnvironment)
    assert not _ENVIRONMENT.globals


def test_what_packs_need_still_works() -> None:
    template = (
        "{% for form in forms %}\n{{ loop.index }}. {{ form | upper }}\n{% endfor %}\n"
        "{{ forms | join('; ') }} {{ visit.name }} {{ forms[0] }}{% if word == 'w' %} yes{% endif %}"
    )
    assert checked_template(template, KNOWN) == template
    text = rendered(read_template(template), forms=["a", "b"], word="w", visit=Visit())
    assert text == "1. A\n2. B\na; b clinic a yes"


def test_a_text_that_grows_is_stopped() -> None:
    template = "{% for a in forms %}{% for b in forms %}{{ word }}{% endfor %}{% endfor %}"
    started = time.perf_counter()
    with pytest.raises(PackError, match="longer than"):
        rendered(read_template(template), forms=["x"] * 1000, word="w" * 1000)
    with pytest.raises(PackError, match="takes a list"):
        rendered(read_template("{{ word | join(word) | join(word) }}"), word="w" * 1000)
    assert time.perf_counter() - started < 2


def test_objects_of_the_program_never_reach_a_template() -> None:
    with pytest.raises(PackError, match="no plain data"):
        rendered(read_template("{{ word }}"), word=Path("/"))


@pytest.mark.parametrize("file", ["prompts", "annotator", "composer"])
def test_a_pack_that_tries_is_named_by_file_and_line(tmp_path: Path, file: str) -> None:
    library = load_pack("alzheimers").folder.parent
    for name in ("alzheimers", "clinical_english"):
        shutil.copytree(library / name, tmp_path / name)
    path = tmp_path / "clinical_english" / f"{file}.yaml"
    path.write_text(
        "system: \"{{ ''.__class__.__mro__ }}\"\n" + path.read_text().replace("\nsystem:", "\nsystem_:")
    )
    with pytest.raises(PackError, match=rf"{file}\.yaml:1: system: .*may not use '__"):
        load_pack(tmp_path / "alzheimers")
