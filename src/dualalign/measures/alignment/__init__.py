"""How close a cohort comes to the pack's targets, table by table."""
