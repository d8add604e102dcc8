"""A file that is not one that ``export`` wrote ends in one sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("onnxscript")

import onnx

from action_rec.cli import main
from action_rec.errors import InputError
from action_rec.onnx_file.engine import OnnxEngine
from action_rec.onnx_file.opening import OnnxModel
from tests.export import hostile_onnx
from tests.export.networks import CASES, export_to, trained
from tests.isolated import Outcome
from tests.synthetic import recording

_VARIANTS = 30


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    return export_to(folder / "real.onnx", trained(CASES["stacked"]), "step").path


def test_no_variant_ends_in_a_traceback(
    real: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = tmp_path / "one.skeleton"
    recorded.write_bytes(recording(12))
    path, ended = tmp_path / "variant.onnx", []
    for variant in hostile_onnx.variants(real, path, _VARIANTS, seed=0):
        variant.write()
        capsys.readouterr()
        ended.append(main(["predict", "--ckpt_path", str(path), str(recorded), "--clips", "1"]))
        said = capsys.readouterr()
        assert Outcome(ended[-1], said.out + said.err, 0).is_clean(), f"{variant}: {said.err}"
    assert ended.count(2) > len(ended) // 2


def external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")


def no_classes(model: onnx.ModelProto) -> None:
    kept = [one for one in model.metadata_props if one.key != "class_names"]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)


def other_input(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1
    for one in model.metadata_props:
        one.value = "[2, 25, 3]" if one.key == "frame_shape" else one.value


def endless(model: onnx.ModelProto) -> None:
    hostile_onnx._add_loop(model)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (external, "in another file, which is not read"),
        (no_classes, "lacks 'class_names'"),
        (other_input, "metadata"),
        (endless, "control flow Loop"),
    ],
)
def test_what_is_wrong_is_named(
    change: Callable[[onnx.ModelProto], None], sentence: str, real: Path, tmp_path: Path
) -> None:
    model = onnx.load(real)
    change(model)
    path = tmp_path / "changed.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match=sentence):
        OnnxModel(path)


def test_names_that_are_not_utf8(real: Path, tmp_path: Path) -> None:
    model = onnx.load(real)
    model.graph.initializer[0].name = "a name to break"
    model.graph.node[0].name = "another one to break"
    for name in (b"a name to break", b"another one to break"):
        content = model.SerializeToString()
        path = tmp_path / "changed.onnx"
        path.write_bytes(content.replace(name, b"\xd7" + name[1:]))
        with pytest.raises(InputError, match="a name that is not UTF-8"):
            OnnxModel(path)


def test_a_giant_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "giant.onnx"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match="at most 2"):
        OnnxModel(path)


def test_a_stream_needs_a_step(tmp_path: Path) -> None:
    path = export_to(tmp_path / "clip.onnx", trained(CASES["stacked"]), "clip").path
    with pytest.raises(InputError, match="export the checkpoint without --clip"):
        OnnxEngine(path)
