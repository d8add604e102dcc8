"""``python -m benchmarks.freed_memory``: time of a training step if malloc keeps freed memory.

One step of the network of ``configs/long_memory/mnist.yaml`` on 784 steps, at two batch sizes:
first with the default malloc, then after `keep_freed_memory`, which cannot be undone.
"""

import argparse
import time
from functools import partial

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch.nn import functional

from action_rec.long_memory.network import SequenceNetwork
from action_rec.models.encoders import StackedEncoder
from action_rec.training.host_memory import keep_freed_memory
from benchmarks.measurements import write_results

PIXELS, CLASSES, WIDTH, LAYERS = 784, 10, 128, 6
BATCHES = (64, 128)  # features of 25 and 51 MB; glibc maps allocations above 32 MiB
ROUNDS = 4


def shortest_step(batch: int) -> float:
    """Return the shortest time of `ROUNDS` training steps, in seconds."""
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
    default = {batch: shortest_step(batch) for batch in BATCHES}
    if not keep_freed_memory():
        raise SystemExit("error: this C library cannot keep freed memory; run on glibc")
    rows = []
    table = Table(title=f"a step of {LAYERS} x {WIDTH} on {PIXELS} steps", box=box.SIMPLE)
    for heading in ("batch", "default, s", "kept, s", "ratio"):
        table.add_column(heading, justify="right")
    for batch, before in default.items():
        kept = shortest_step(batch)
        rows.append({"batch": batch, "default_s": before, "kept_s": kept})
        table.add_row(str(batch), f"{before:.2f}", f"{kept:.2f}", f"{before / kept:.2f} x")
    Console().print(table)
    write_results("freed_memory", rows=rows)


if __name__ == "__main__":
    main()
