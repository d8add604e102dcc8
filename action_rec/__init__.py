"""Skeleton-based action recognition with deep independently recurrent neural networks (IndRNN)."""

__version__ = "0.2.0"
