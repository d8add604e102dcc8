"""Damaged and hostile variants of a real ONNX file, for every command that reads one.

``python -m tests.export.hostile_onnx --variants 1000`` tries so many in all. It prints every
variant that did not end with status 0, or with status 2 and one sentence, and ends with status 1
if there is one.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.isolated import Variant, report, try_variants

Change = Callable[[Any, random.Random], str]
_VALUES = (
    *("", "x", "null", "[]", "{}", "-1", "0", "1e400", "NaN", '"a"', "[[[[]]]]", "true"),
    *("[1, 2, 3]", '["a"]', "[" * 100_000, "9" * 5000, '["\x1b[31mred"]', '[{"name": "frame"}]'),
    *('[{"name": "state_0", "shape": [1, 1e99]}]', "[2147483647, 2147483647, 3]", "\ud7ff\0"),
)


def _metadata(model: Any, rng: random.Random) -> str:  # noqa: ANN401
    chosen = rng.choice(list(model.metadata_props))
    name = chosen.key
    if rng.random() < 0.3:
        model.metadata_props.remove(chosen)
        return f"{name} removed"
    chosen.value = rng.choice(_VALUES)
    return f"{name} = {ascii(chosen.value)[:40]}"


def _inside_metadata(model: Any, rng: random.Random) -> str:  # noqa: ANN401
    chosen = rng.choice([one for one in model.metadata_props if one.value[:1] in "[{"])
    value = json.loads(chosen.value)
    keys = list(value) if isinstance(value, dict) else range(len(value))
    if not keys:
        return "nothing"
    key = rng.choice(list(keys))
    value[key] = rng.choice((None, True, 0, -1, 2**31, 1e308, "", "a" * 5000, [], {}, [[]]))
    chosen.value = json.dumps(value)
    return f"{chosen.key}[{key}] = {ascii(value[key])[:40]}"


def _signature(model: Any, rng: random.Random) -> str:  # noqa: ANN401
    value = rng.choice([*model.graph.input, *model.graph.output])
    what = rng.choice(("name", "type", "rank", "size", "remove"))
    if what == "name":
        value.name = rng.choice(("", "frame", "other", "state_0"))
    elif what == "type":
        value.type.tensor_type.elem_type = rng.choice((0, 7, 8, 10, 11, 99))
    elif what == "rank":
        del value.type.tensor_type.shape.dim[:]
    elif what == "size":
        value.type.tensor_type.shape.dim[-1].dim_value = rng.choice((0, -1, 2, 2**40))
    elif value in model.graph.input:
        model.graph.input.remove(value)
    else:
        model.graph.output.remove(value)
    return f"{what} of {value.name}"


def _weights(model: Any, rng: random.Random) -> str:  # noqa: ANN401
    tensor = rng.choice(list(model.graph.initializer))
    what = rng.choice(("dims", "external", "type", "cut", "nan", "remove"))
    if what == "dims":
        dims = rng.choice(([2**40], [-1], [], [2**31, 2**31], [1, 1, 1, 1]))
        del tensor.dims[:]
        tensor.dims.extend(dims)
    elif what == "external":
        tensor.data_location = TensorProto.EXTERNAL
        place = rng.choice(("/no/such/weights", "../weights.bin", "weights.bin"))
        tensor.external_data.add(key="location", value=place)
    elif what == "type":
        tensor.data_type = rng.choice((0, 7, 8, 10, 99))
    elif what == "cut":
        tensor.raw_data = tensor.raw_data[: len(tensor.raw_data) // 2]
    elif what == "nan":
        array = numpy_helper.to_array(tensor)
        full = np.full_like(array, np.nan if array.dtype.kind == "f" else -1)
        tensor.CopyFrom(numpy_helper.from_array(full, tensor.name))
    else:
        model.graph.initializer.remove(tensor)
    return f"{what} of {tensor.name}"


def _nodes(model: Any, rng: random.Random) -> str:  # noqa: ANN401
    nodes = model.graph.node
    node = rng.choice(list(nodes))
    what = rng.choice(("operator", "domain", "input", "remove", "cycle", "loop", "large", "twice"))
    if what == "operator":
        node.op_type = rng.choice(("Relu", "Loop", "If", "NoSuchThing", "Scan", ""))
    elif what == "domain":
        node.domain = rng.choice(("com.microsoft", "x", "ai.onnx.ml"))
        model.opset_import.add(domain=node.domain, version=1)
    elif what == "input" and node.input:
        node.input[0] = rng.choice(("", "frame", "nowhere"))
    elif what == "remove":
        nodes.remove(node)
    elif what == "cycle" and node.input and node.output:
        node.input[0] = node.output[0]
    elif what == "loop":
        _add_loop(model)
    elif what == "large":
        shape = numpy_helper.from_array(np.array([2**33], np.int64), "much")
        model.graph.initializer.append(shape)
        nodes.append(helper.make_node("ConstantOfShape", ["much"], ["a lot"]))
        node.input[0] = "a lot"
    else:
        nodes.append(node)
    return f"{what} of {node.name or node.op_type}"


def _add_loop(model: Any) -> None:  # noqa: ANN401
    """A loop that does not end."""
    count = helper.make_tensor_value_info("count", TensorProto.INT64, [])
    going = helper.make_tensor_value_info("going", TensorProto.BOOL, [])
    after = helper.make_tensor_value_info("after", TensorProto.BOOL, [])
    body = helper.make_graph(
        [helper.make_node("Identity", ["going"], ["after"])], "body", [count, going], [after]
    )
    model.graph.node.append(helper.make_node("Loop", ["", ""], [], body=body))


def _whole(model: Any, rng: random.Random) -> str:  # noqa: ANN401
    what = rng.choice(("opset", "version", "functions", "no graph", "deep"))
    if what == "opset":
        model.opset_import[0].version = rng.choice((0, 1, 999))
    elif what == "version":
        model.ir_version = rng.choice((0, 999))
    elif what == "functions":
        model.functions.add(name="it", domain="")
    elif what == "no graph":
        model.ClearField("graph")
    else:
        graph = model.graph
        for _ in range(60):
            node = graph.node.add(op_type="If")
            graph = node.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH).g
    return what


_CHANGES: dict[str, Change] = {
    "metadata": _metadata,
    "inside metadata": _inside_metadata,
    "signature": _signature,
    "weights": _weights,
    "nodes": _nodes,
    "whole": _whole,
}


def variants(real: Path, path: Path, count: int, seed: int) -> Iterator[Variant]:
    """Make so many variants of a file, written to a path; the same for the same seed."""
    rng = random.Random(seed)
    raw = real.read_bytes()
    for _ in range(count):
        kind = rng.choice(("bytes", "cut", "other", *_CHANGES))
        if kind == "cut":
            content, name = raw[: rng.randrange(len(raw))], "cut"
        elif kind == "bytes":
            damaged = bytearray(raw)
            for _ in range(rng.choice((1, 10, 100))):
                damaged[rng.randrange(len(raw))] = rng.randrange(256)
            content, name = bytes(damaged), "bytes"
        elif kind == "other":
            content = rng.choice((b"", b"\0" * 1000, b"PK\x03\x04", b"\x08", b"{}", raw + raw))
            name = repr(content[:10])
        else:
            model = onnx.load_model_from_string(raw)
            name = _CHANGES[kind](model, rng)
            content = model.SerializeToString()
        yield Variant(kind, name, partial(path.write_bytes, content))


def main(words: list[str] | None = None) -> int:
    """Run variants and print what was found."""
    from action_rec.cli import main as action_rec
    from action_rec.onnx_file import opening
    from tests.export.networks import CASES, export_to, trained
    from tests.synthetic import recording

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    found = Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recorded = folder / "one.skeleton"
        recorded.write_bytes(recording(30))
        for seed, format in enumerate(("step", "clip"), options.seed):
            real = export_to(folder / "real.onnx", trained(CASES["stacked"]), format).path  # type: ignore[arg-type]
            path = folder / "variant.onnx"
            path.write_bytes(real.read_bytes())
            words = ["predict", "--ckpt_path", str(path), str(recorded), "--clips", "1"]
            call = partial(action_rec, words)
            made = variants(real, path, options.variants // 2, seed)
            try_variants(f"predict {format}", call, (opening, "_read"), made, found)
    return report(found)


if __name__ == "__main__":
    sys.exit(main())
