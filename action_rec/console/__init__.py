"""Command-line programs: commands, help pages, exit statuses and output files. Loads no torch."""
