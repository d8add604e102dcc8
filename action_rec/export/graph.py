"""Turn a network into an ONNX model with its metadata."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from action_rec.checkpoints.trained import Trained
from action_rec.errors import InputError
from action_rec.export.clip import ClipNetwork
from action_rec.export.folding import fold_norms
from action_rec.live.step import StepNetwork
from action_rec.models.recurrences import Bidirectional, IndRNN, Recurrence
from action_rec.onnx_file.facts import Facts, Precision

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

_FEWEST_FRAMES = 2  # torch.export would treat a clip of one frame as a special case


def build_step(trained: Trained, precision: Precision = "fp32") -> tuple["ModelProto", Facts]:
    """Build the graph of one frame.

    Args:
        trained: A checkpoint of a causal network.
        precision: Of the weights.

    Raises:
        InputError: The network needs later frames, or an operator cannot be translated.
    """
    network = fold_norms(StepNetwork(trained))
    facts = Facts.of(trained, "step", network.state_sizes, precision)
    names = [one["name"] for one in facts.states]
    arguments = (torch.zeros(1, *network.frame_shape), *network.start())
    model = _translate(
        network,
        arguments,
        input_names=["frame", *names],
        output_names=["probabilities", *(f"next_{name}" for name in names)],
    )
    return _finish(model, facts), facts


def build_clip(trained: Trained, precision: Precision = "fp32") -> tuple["ModelProto", Facts]:
    """Build the graph of a whole clip, of any length unless a layer is a loop in Python.

    Args:
        trained: Any checkpoint.
        precision: Of the weights.

    Raises:
        InputError: An operator cannot be translated.
    """
    facts = Facts.of(trained, "clip", [], precision)
    network = fold_norms(ClipNetwork(trained))
    frames = max(trained.format.clip_len, _FEWEST_FRAMES)
    frames_axis = torch.export.Dim("frames", min=_FEWEST_FRAMES)
    model = _translate(
        network,
        (torch.zeros(1, frames, *network.frame_shape),),
        input_names=["clip"],
        output_names=["probabilities"],
        dynamic_shapes={"clip": {1: frames_axis}} if _is_of_any_length(network) else None,
    )
    return _finish(model, facts), facts


def _is_of_any_length(network: torch.nn.Module) -> bool:
    """Whether the graph has no layer that PyTorch writes for the T frames that it was shown."""
    layers = [module for module in network.modules() if isinstance(module, Recurrence)]
    return all(isinstance(layer, IndRNN | Bidirectional) for layer in layers)


def _translate(
    network: torch.nn.Module,
    arguments: tuple[Tensor, ...],
    **options: Any,  # noqa: ANN401 (of torch.onnx.export)
) -> "ModelProto":
    from action_rec.export.scan import OPSET, translate_recurrence

    recurrence = torch.ops.action_rec.indrnn_recurrence.default
    try:
        with torch.no_grad(), _quiet():
            program = torch.onnx.export(
                network,
                arguments,
                dynamo=True,
                verbose=False,
                opset_version=OPSET,
                custom_translation_table={recurrence: translate_recurrence},
                **options,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise InputError(
            f"the network cannot be written as ONNX ({reason:.200}); use layers that PyTorch "
            "exports, e.g. IndRNN, GRU or LSTM"
        ) from error
    assert program is not None  # with dynamo=True
    model: ModelProto = program.model_proto
    return model


def _finish(model: "ModelProto", facts: Facts) -> "ModelProto":
    """Add the metadata, and drop what PyTorch notes of this machine."""
    for graph in _graphs(model.graph):
        graph.ClearField("value_info")
        graph.ClearField("metadata_props")
        for node in graph.node:
            node.ClearField("metadata_props")
            node.ClearField("doc_string")
        for value in (*graph.input, *graph.output, *graph.initializer):
            value.ClearField("metadata_props")
            value.ClearField("doc_string")
    if facts.precision == "fp16":
        _halve_weights(model)
    model.producer_name = "action_rec"
    model.ClearField("metadata_props")
    for name, text in facts.metadata().items():
        model.metadata_props.add(key=name, value=text)
    return model


def _halve_weights(model: "ModelProto") -> None:
    """Store matrices in float16; they are cast back when the graph is loaded.

    Vectors keep their precision: a recurrent weight near 1 decides how long a neuron remembers.
    """
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 1:
            with np.errstate(over="ignore"):  # what becomes infinite fails the comparison
                half = numpy_helper.to_array(tensor).astype(np.float16)
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
            casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _graphs(graph: "GraphProto") -> "Iterator[GraphProto]":
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _graphs(attribute.g)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide what the exporter says about other libraries and about its own code."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
