"""Whole networks, from a clip (B, T, M, V, C) to logits (B, num_classes)."""

from action_rec.models.classifiers import LinearOnMeanPose, ResidualIndRNN, StackedIndRNN

__all__ = ["LinearOnMeanPose", "ResidualIndRNN", "StackedIndRNN"]
