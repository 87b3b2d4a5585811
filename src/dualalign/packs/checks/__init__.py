"""What can be wrong with a pack whose files all load, one kind of fault a file."""
