"""The sources of recordings: NTU RGB+D, NW-UCLA, folders and pickles."""
