"""Predictions of a trained network for stores and raw recordings: tables, files, pictures."""
