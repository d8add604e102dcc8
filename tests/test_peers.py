"""The baselines of the benchmarks have as many parameters as the recipe's IndRNN, within 5 %."""

import pytest
import torch

from action_rec.evaluation.cost import parameters
from benchmarks.peers import PEERS, Build
from benchmarks.trials import TRIALS

INDRNN = {"wide": 488_394, "narrow": 147_658, "causal": 486_474}


def count(build: Build) -> int:
    with torch.device("meta"):
        return parameters(build(10, frame_shape=(1, 20, 3), clip_len=32))


@pytest.mark.parametrize("name", PEERS)
def test_parameters(name: str) -> None:
    peer = PEERS[name]
    counts = {
        "wide": count(peer.both_directions(peer.wide)),
        "narrow": count(peer.both_directions(peer.narrow)),
        "causal": count(peer.one_direction()),
    }
    assert counts == pytest.approx(INDRNN, rel=0.0 if name == "IndRNN" else 0.05)


@pytest.mark.parametrize("name", [name for name in PEERS if name != "IndRNN"])
def test_a_trial_names_the_layer_and_its_size(name: str) -> None:
    peer = PEERS[name]
    assert sorted(TRIALS[name.lower()]) == sorted(peer.words(peer.narrow))
