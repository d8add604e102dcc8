"""What each source of recordings holds: NTU RGB+D, NW-UCLA, folders and pickles."""
