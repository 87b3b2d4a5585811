"""DualPath: progression predicted from notes, tests, labs and imaging over time."""
