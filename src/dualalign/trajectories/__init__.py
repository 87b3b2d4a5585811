"""Public names of this room."""
