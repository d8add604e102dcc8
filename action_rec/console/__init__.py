"""What a command line shows: help pages, errors in one line, checks of output paths."""
