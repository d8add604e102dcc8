"""Open an ONNX file: check what it holds before onnxruntime builds it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.memory import check_memory
from action_rec.onnx_file.facts import Facts

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, TensorProto

Arrays = dict[str, NDArray[np.float32]]

_LARGEST = 2**31 - 1  # bytes: protobuf's own limit
_REMEDY = "give a file that 'python -m action_rec export' wrote"
_MOST_AXES = 8
_OPEN = 2**62
# Of loops, only the recurrence of a whole clip, whose length is that of the clip.
_LOOPS = {"step": set[str](), "clip": {"Scan"}}
_CONTROL_FLOW = {"If", "Loop", "Scan", "SequenceMap"}


def import_onnx() -> tuple[Any, Any]:
    """Return the modules onnx and onnxruntime.

    Raises:
        InputError: They are not installed.
    """
    try:
        import onnx
        import onnxruntime
        import onnxscript  # noqa: F401 (that writing does not fail at its end)
    except ImportError as error:
        raise InputError(
            f"ONNX files need the package {error.name}, which is not installed; run: pip install "
            "'action_rec[export]'"
        ) from error
    return onnx, onnxruntime


class OnnxModel:
    """A network in an ONNX file.

    Args:
        path: The file.
        threads: Threads of onnxruntime; 0 for all cores.

    Attributes:
        facts: What the file says of itself.
        clip_len: The number of frames of a clip, if it is fixed; None if it is not, or for a step.

    Raises:
        InputError: onnxruntime is not installed, or the file is not one that `export` writes.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        onnx, onnxruntime = import_onnx()
        self.path = path
        content = _read(path)
        model = _parse(onnx, content, path)
        self.facts = Facts.read({one.key: one.value for one in model.metadata_props}, str(path))
        _check_graph(onnx, model, self.facts, path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4  # what fails is reported below
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has a dozen of its own, of no common class
            raise InputError(f"{path} cannot be loaded ({_short(error)}); {_REMEDY}") from error
        self.clip_len: int | None = None
        self._check_signature()

    def run(self, inputs: Arrays) -> list[NDArray[np.float32]]:
        """Return all outputs of the graph.

        Raises:
            InputError: onnxruntime cannot compute them.
        """
        try:
            outputs: list[NDArray[np.float32]] = self._session.run(None, inputs)
        except Exception as error:  # as above
            raise InputError(f"{self.path} cannot be run ({_short(error)}); {_REMEDY}") from error
        return outputs

    def __deepcopy__(self, memo: dict[int, object]) -> "OnnxModel":
        """Return itself: a session cannot be copied, and nothing changes it."""
        return self

    def _check_signature(self) -> None:
        """Check names, types and shapes of inputs and outputs against the metadata."""
        facts = self.facts
        states: list[tuple[str, Any]] = [(one["name"], one["shape"]) for one in facts.states]
        classes = [1, len(facts.class_names)]
        first: tuple[str, Any]
        if facts.format == "step":
            first = ("frame", [1, *facts.frame_shape])
        else:
            shape = self._session.get_inputs()[0].shape if self._session.get_inputs() else []
            if shape[1:2] == [facts.clips.clip_len]:  # of a layer that is a loop in Python
                self.clip_len = facts.clips.clip_len
            first = ("clip", [1, self.clip_len or "frames", *facts.frame_shape])
        expected = [
            [first, *states],
            [("probabilities", classes), *((f"next_{name}", shape) for name, shape in states)],
        ]
        found = [
            [(one.name, one.shape) for one in side]
            for side in (self._session.get_inputs(), self._session.get_outputs())
        ]
        kinds = {one.type for one in self._session.get_inputs() + self._session.get_outputs()}
        if found != expected or kinds != {"tensor(float)"}:
            raise InputError(
                f"{self.path} has inputs and outputs {found!s:.200} of {sorted(kinds)!s:.60}, but "
                f"its metadata need {expected!s:.200} of tensor(float); {_REMEDY}"
            )


def _read(path: Path) -> bytes:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"the ONNX file {path} {what}; {_REMEDY}")
    size = path.stat().st_size
    if size > _LARGEST:
        raise InputError(
            f"{path} has {size / 2**30:.3g} GiB, but an ONNX file has at most 2; {_REMEDY}"
        )
    check_memory(f"{path}", 3 * size)
    return path.read_bytes()


def _parse(onnx: Any, content: bytes, path: Path) -> "ModelProto":  # noqa: ANN401 (the module)
    try:
        model: ModelProto = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's error depends on its implementation
        raise InputError(f"{path} is not a complete ONNX file ({_short(error)}); {_REMEDY}") from (
            error
        )
    if not model.graph.node:
        raise InputError(f"{path} is not a complete ONNX file (it has no graph); {_REMEDY}")
    if not all(isinstance(text, str) for text in _texts(model)):  # else protobuf gives bytes
        raise InputError(f"{path} has a name that is not UTF-8; {_REMEDY}")
    return model


def _texts(model: "ModelProto") -> Iterator[str]:
    """All names and metadata of a model."""
    for entry in model.metadata_props:
        yield from (entry.key, entry.value)
    yield from (one.domain for one in model.opset_import)
    for graph in _graphs(model.graph):
        for value in (*graph.input, *graph.output):
            yield value.name
        for node in graph.node:
            yield from (node.op_type, node.domain, node.name, *node.input, *node.output)
            yield from (attribute.name for attribute in node.attribute)
        yield from (tensor.name for tensor in _tensors(graph))


def _check_graph(onnx: Any, model: "ModelProto", facts: Facts, path: Path) -> None:  # noqa: ANN401
    """Check that the graph is contained in the file, ends and does not ask for much memory."""
    if model.functions or {one.domain for one in model.opset_import} - {"", "ai.onnx"}:
        raise InputError(f"{path} has operators that are not of ONNX itself; {_REMEDY}")
    for graph in _graphs(model.graph):
        loops = {node.op_type for node in graph.node} & _CONTROL_FLOW - _LOOPS[facts.format]
        if loops:
            raise InputError(
                f"{path} has the control flow {min(loops)}, which a {facts.format} does not need; "
                f"{_REMEDY}"
            )
        for tensor in _tensors(graph):
            _check_tensor(onnx, tensor, path)


def _check_tensor(onnx: Any, tensor: "TensorProto", path: Path) -> None:  # noqa: ANN401
    name = f"'{tensor.name:.60}' of {path}"
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise InputError(f"the weights {name} are in another file, which is not read; {_REMEDY}")
    sizes = [float(size) for size in tensor.dims]
    check_memory(f"the tensor {name}", 4 * float(np.prod(sizes)))
    if tensor.data_type != onnx.TensorProto.INT64 or np.prod(sizes) > _MOST_AXES:
        return
    try:
        values = onnx.numpy_helper.to_array(tensor).ravel().tolist()
    except (ValueError, TypeError) as error:
        raise InputError(f"the tensor {name} is damaged ({_short(error)}); {_REMEDY}") from error
    # Few integers may be a shape; what is larger than any is the end of an open slice.
    shape = [float(value) for value in values if 0 < value < _OPEN]
    check_memory(f"a tensor of the shape {name}", 4 * float(np.prod(shape)))


def _graphs(graph: "GraphProto") -> Iterator["GraphProto"]:
    """A graph and those inside its nodes."""
    pending = [graph]
    while pending:
        one = pending.pop()
        yield one
        for node in one.node:
            for attribute in node.attribute:
                pending += [attribute.g] if attribute.HasField("g") else []
                pending += attribute.graphs


def _tensors(graph: "GraphProto") -> Iterator["TensorProto"]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from ([attribute.t] if attribute.HasField("t") else [])
            yield from attribute.tensors


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
