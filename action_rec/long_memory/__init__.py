"""Long-memory tasks: the adding problem, pixel-wise MNIST, and text (docs/long_memory.md)."""

from action_rec.long_memory.adding import AddingData
from action_rec.long_memory.embeddings import OneHot, SymbolEmbedding, Values
from action_rec.long_memory.learner import SequenceLearner
from action_rec.long_memory.mnist import MnistData
from action_rec.long_memory.network import SequenceNetwork
from action_rec.long_memory.text import TextData

__all__ = [
    "AddingData",
    "MnistData",
    "OneHot",
    "SequenceLearner",
    "SequenceNetwork",
    "SymbolEmbedding",
    "TextData",
    "Values",
]
