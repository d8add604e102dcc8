"""Tests of `action_rec.data`."""
