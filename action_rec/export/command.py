"""``python -m action_rec export``: write a checkpoint as an ONNX file or as a page."""

import tempfile
from pathlib import Path

from action_rec.checkpoints.trained import load_trained
from action_rec.console.output_path import check_out
from action_rec.console.writing import write_durably
from action_rec.errors import InputError
from action_rec.export.comparison import check_difference
from action_rec.export.graph import build_clip, build_step
from action_rec.export.web import find_runtime, write_page
from action_rec.onnx_file.facts import Facts, Precision
from action_rec.onnx_file.network import SUFFIX
from action_rec.onnx_file.opening import import_onnx


def export(
    out: tuple[Path, ...],
    *,
    ckpt_path: Path,
    clip: bool = False,
    precision: Precision = "fp32",
    web: Path | None = None,
    ort: Path | None = None,
) -> None:
    """Write a checkpoint as an ONNX file, or as a page for a browser.

    The graph reads coordinates as recorded and returns probabilities. Metadata name the classes,
    joints and states; docs/export.md describes them. It is compared with the checkpoint before it
    is written.

    Type for example:
      python -m action_rec export --ckpt_path best.ckpt step.onnx
      python -m action_rec export --ckpt_path best.ckpt clip.onnx --clip
      python -m action_rec export --ckpt_path best.ckpt --web page

    Args:
        out: The .onnx file to write.
        ckpt_path: The .ckpt file that fit wrote.
        clip: Read a whole clip instead of one frame and the states before it.
        precision: fp16 stores the weights in 16 bits, which halves the file.
        web: Write a page that runs the network in a browser to this folder.
        ort: The folder of onnxruntime-web, for --web, if it is not in node_modules of that folder.

    Raises:
        InputError: An option or the checkpoint cannot be used, or the graph does not compute what
            the checkpoint does.
    """
    if len(out) + (web is not None) != 1:
        raise InputError(
            "export writes one .onnx file, or a page with --web FOLDER; give one of the two"
        )
    for name, given, other in (("--clip", clip, out), ("--ort", ort is not None, web)):
        if given and not other:
            need = "an .onnx file" if name == "--clip" else "--web FOLDER"
            raise InputError(f"{name} needs {need}; leave it out")
    for path in out:
        check_out(path, (SUFFIX,))
    import_onnx()
    runtime = None if web is None else find_runtime(web, ort)
    trained = load_trained(ckpt_path)
    model, facts = (build_clip if clip else build_step)(trained, precision)
    content = model.SerializeToString()
    place = out[0] if web is None else web
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / f"model{SUFFIX}"
        written.write_bytes(content)
        difference = check_difference(trained, written, place)
    if web is None:
        write_durably(place, content)
    else:
        assert runtime is not None
        write_page(web, content, facts, runtime)
    _print_written(place, facts, len(content), difference)


def _print_written(place: Path, facts: Facts, size: int, difference: float) -> None:
    states = sum(one["shape"][1] for one in facts.states)
    kind = f"a step with {len(facts.states)} states of {states:,} values" if states else "a clip"
    print(f"network: {kind}, {len(facts.class_names)} classes, {size / 1e6:.2f} MB")
    print(f"largest difference to the checkpoint: {difference:.2g} ({facts.precision})")
    print(f"written: {place}")
