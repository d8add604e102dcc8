"""Skeletons and charts for pictures and pages."""
