"""The command line: parse, call the library, show."""

from dualalign.cli.app import main

__all__ = ["main"]
