"""The recurrence over a whole clip as the ONNX operator Scan.

onnxscript compiles the scripts below from their source.
"""

from collections.abc import Sequence
from typing import Any

from onnxscript import FLOAT, graph, script
from onnxscript import opset18 as op

from action_rec.errors import InputError
from action_rec.ops.reference import LEAKY_SLOPE

OPSET = 18  # what torch.onnx writes without converting

# ReLU and identity are leaky ReLUs.
_SLOPES = {"relu": 0.0, "leaky_relu": LEAKY_SLOPE, "identity": 1.0}


@script()
def _leaky_recurrence(
    x: FLOAT[...], u: FLOAT[...], start: FLOAT[...], slope: float, directions: Sequence[int]
) -> FLOAT[...]:
    @graph()
    def step(before, x_t):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        after = op.LeakyRelu(op.Add(x_t, op.Mul(u, before)), alpha=slope)
        copy = op.Identity(after)
        return after, copy

    _last, states = op.Scan(
        start,
        x,
        body=step,
        num_scan_inputs=1,
        scan_input_axes=[1],
        scan_output_axes=[1],
        scan_input_directions=directions,
        scan_output_directions=directions,
    )
    return states


@script()
def _tanh_recurrence(
    x: FLOAT[...], u: FLOAT[...], start: FLOAT[...], directions: Sequence[int]
) -> FLOAT[...]:
    @graph()
    def step(before, x_t):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        after = op.Tanh(op.Add(x_t, op.Mul(u, before)))
        copy = op.Identity(after)
        return after, copy

    _last, states = op.Scan(
        start,
        x,
        body=step,
        num_scan_inputs=1,
        scan_input_axes=[1],
        scan_output_axes=[1],
        scan_input_directions=directions,
        scan_output_directions=directions,
    )
    return states


@script()
def _elu_recurrence(
    x: FLOAT[...], u: FLOAT[...], start: FLOAT[...], directions: Sequence[int]
) -> FLOAT[...]:
    @graph()
    def step(before, x_t):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        after = op.Elu(op.Add(x_t, op.Mul(u, before)))
        copy = op.Identity(after)
        return after, copy

    _last, states = op.Scan(
        start,
        x,
        body=step,
        num_scan_inputs=1,
        scan_input_axes=[1],
        scan_output_axes=[1],
        scan_input_directions=directions,
        scan_output_directions=directions,
    )
    return states


@script()
def _prelu_recurrence(
    x: FLOAT[...],
    u: FLOAT[...],
    start: FLOAT[...],
    slope: FLOAT[...],
    directions: Sequence[int],
) -> FLOAT[...]:
    @graph()
    def step(before, x_t):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        after = op.PRelu(op.Add(x_t, op.Mul(u, before)), slope)
        copy = op.Identity(after)
        return after, copy

    _last, states = op.Scan(
        start,
        x,
        body=step,
        num_scan_inputs=1,
        scan_input_axes=[1],
        scan_output_axes=[1],
        scan_input_directions=directions,
        scan_output_directions=directions,
    )
    return states


def translate_recurrence(
    x: Any,  # noqa: ANN401 (symbols of the exporter)
    u: Any,  # noqa: ANN401
    h0: Any,  # noqa: ANN401
    lengths: Any,  # noqa: ANN401
    activation: str,
    reverse: bool,
    backend: str,
    slope: Any = None,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Translate the operator ``action_rec::indrnn_recurrence``; see `fast_recurrence`.

    Raises:
        InputError: Sequences have lengths of their own, which a clip has not.
    """
    if lengths is not None:
        raise InputError("a clip with lengths cannot be exported; export it without them")
    if h0 is None:
        first = op.Gather(x, op.Constant(value_int=0), axis=1)
        h0 = op.Mul(first, op.Constant(value_float=0.0))
    directions = [int(reverse)]
    if activation == "tanh":
        return _tanh_recurrence(x, u, h0, directions=directions)
    if activation == "elu":
        return _elu_recurrence(x, u, h0, directions=directions)
    if activation == "prelu":
        return _prelu_recurrence(x, u, h0, slope, directions=directions)
    constant = _SLOPES[activation]
    return _leaky_recurrence(x, u, h0, slope=constant, directions=directions)
