"""Networks that map a clip (B, T, M, V, C) to logits (B, num_classes), and recurrent layers."""

from action_rec.models.baselines import GRU, IRNN, LSTM, LSTMVariant, SimpleRNN
from action_rec.models.classifiers import LinearOnMeanPose
from action_rec.models.dense import DenseDropout
from action_rec.models.graph_indrnn import GraphIndRNN
from action_rec.models.inputs import FlatFrames, JointConvolution, JointEmbedding
from action_rec.models.joint_graph import JointGraph
from action_rec.models.joints import MovingJoints
from action_rec.models.linear_recurrences import LRU, MinGRU
from action_rec.models.networks import DenseIndRNN, ResidualIndRNN, StackedIndRNN
from action_rec.models.recurrences import IndRNN
from action_rec.models.windowed import TCN, CausalAttention

__all__ = [
    "GRU",
    "IRNN",
    "LRU",
    "LSTM",
    "TCN",
    "CausalAttention",
    "DenseDropout",
    "DenseIndRNN",
    "FlatFrames",
    "GraphIndRNN",
    "IndRNN",
    "JointConvolution",
    "JointEmbedding",
    "JointGraph",
    "LSTMVariant",
    "LinearOnMeanPose",
    "MinGRU",
    "MovingJoints",
    "ResidualIndRNN",
    "SimpleRNN",
    "StackedIndRNN",
]
