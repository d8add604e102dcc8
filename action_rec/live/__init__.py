"""Recognition frame by frame: a network that goes on from its state."""

from action_rec.live.bodies import LiveBodies
from action_rec.live.decision import Decider, DecisionRule
from action_rec.live.recognizer import LiveRecognizer, LiveState

__all__ = ["Decider", "DecisionRule", "LiveBodies", "LiveRecognizer", "LiveState"]
