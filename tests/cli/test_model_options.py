import pytest

from dualalign.cli.model_options import model_choice
from dualalign.errors import ModelError


@pytest.mark.parametrize("text", ["{", "[1]", "3"])
def test_extra_body_is_an_object(text: str) -> None:
    with pytest.raises(ModelError, match="--extra-body"):
        model_choice("llm", text, base_url="http://localhost/v1", model="m")


def test_extra_body_is_read() -> None:
    choice = model_choice("llm", '{"top_p": 0.9}', base_url="http://localhost/v1", model="m")
    assert choice.extra_body == {"top_p": 0.9}
