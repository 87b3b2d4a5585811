"""Are groups of patients treated alike? Label rates, a classifier's errors, and labels under swapped personas."""
