"""What turns scores into results: tables for people, files for programs."""
