from tests.classifiers.conftest import tiny_encoder

__all__ = ["tiny_encoder"]
