"""Long-memory tasks: the adding problem, pixel MNIST, texts and speech (docs/long_memory.md)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from action_rec.long_memory.adding import AddingData
    from action_rec.long_memory.embeddings import OneHot, SymbolEmbedding, Values
    from action_rec.long_memory.learner import SequenceLearner
    from action_rec.long_memory.mnist import MnistData
    from action_rec.long_memory.network import SequenceNetwork
    from action_rec.long_memory.sharded_text import ShardedTextData
    from action_rec.long_memory.softmax import AdaptiveSoftmax
    from action_rec.long_memory.speech.data import SpeechData
    from action_rec.long_memory.text import TextData

__all__ = [
    "AdaptiveSoftmax",
    "AddingData",
    "MnistData",
    "OneHot",
    "SequenceLearner",
    "SequenceNetwork",
    "ShardedTextData",
    "SpeechData",
    "SymbolEmbedding",
    "TextData",
    "Values",
]

_MODULES = {
    "AdaptiveSoftmax": "softmax",
    "AddingData": "adding",
    "MnistData": "mnist",
    "OneHot": "embeddings",
    "SequenceLearner": "learner",
    "SequenceNetwork": "network",
    "ShardedTextData": "sharded_text",
    "SpeechData": "speech.data",
    "SymbolEmbedding": "embeddings",
    "TextData": "text",
    "Values": "embeddings",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (a class)
    """Load a class when it is used: `python -m` loads this file before it can handle Ctrl-C."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
