"""``python -m benchmarks.freed_memory``: what a training step gains where freed memory is kept.

One step of the network of ``configs/long_memory/mnist.yaml`` on 784 steps, at two batch
sizes: first as malloc comes, then after `keep_freed_memory`, which cannot be taken back.
"""

import argparse
import json
import time
from functools import partial
from pathlib import Path

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch.nn import functional

from action_rec.long_memory.network import SequenceNetwork
from action_rec.models.encoders import StackedEncoder
from action_rec.training.host_memory import keep_freed_memory
from benchmarks.timing import machine_facts

PIXELS, CLASSES, WIDTH, LAYERS = 784, 10, 128, 6
BATCHES = (64, 128)  # features of 25 and 51 MB; glibc maps what is above 32 MiB
ROUNDS = 4
RESULTS = Path(__file__).parent / "results"


def shortest_step(batch: int) -> float:
    """Seconds of the shortest of some training steps."""
    torch.manual_seed(0)
    encoder = partial(StackedEncoder, hidden_size=WIDTH, num_layers=LAYERS)
    network = SequenceNetwork(1, CLASSES, PIXELS, encoder, norm="after", dropout=0.05)
    optimizer = torch.optim.Adam(network.parameters())
    x, label = torch.rand(batch, PIXELS, 1), torch.randint(CLASSES, (batch,))
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        outputs, states = network(x)
        loss = functional.cross_entropy(outputs, label)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        del outputs, states, loss
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    """Measure both, print a table and write JSON."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    given_back = {batch: shortest_step(batch) for batch in BATCHES}
    if not keep_freed_memory():
        raise SystemExit("error: this C library does not let freed memory be kept")
    rows = []
    table = Table(title=f"a step of {LAYERS} x {WIDTH} on {PIXELS} steps", box=box.SIMPLE)
    for heading in ("batch", "given back, s", "kept, s", "ratio"):
        table.add_column(heading, justify="right")
    for batch, before in given_back.items():
        kept = shortest_step(batch)
        rows.append({"batch": batch, "given_back_s": before, "kept_s": kept})
        table.add_row(str(batch), f"{before:.2f}", f"{kept:.2f}", f"{before / kept:.2f} x")
    Console().print(table)
    content = {"machine": machine_facts(), "rows": rows}
    path = RESULTS / "freed_memory.json"
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
