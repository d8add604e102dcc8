"""Checkpoints, from reading to resuming.

Reading as data: `reading` goes through `archive` (sizes) and `content` (types, by `typed`).
Building a network from a table of classes: `building`, and `trained` for all that a checkpoint was
trained on. Writing atomically: `writing`; when to save: `saving`, and `signals` for SIGTERM and
SIGUSR1. Resuming: `resuming`.
"""
