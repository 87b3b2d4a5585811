from dualalign.classifiers.tokens import marked_tokens


def test_words_after_a_cue_are_marked_up_to_a_stop() -> None:
    assert marked_tokens("Denies memory loss, but sleeps badly.") == [
        "denies",
        "!memory",
        "!loss",
        ",",
        "but",
        "sleeps",
        "badly",
        ".",
    ]


def test_contractions_negate() -> None:
    assert marked_tokens("She doesn't wander") == ["she", "does", "not", "!wander"]


def test_numbers_keep_only_their_length() -> None:
    assert marked_tokens("MMSE 21/30, then 9.5") == ["mmse", "00", "/", "00", ",", "then", "0"]
