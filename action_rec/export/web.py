"""A folder with a page that runs the step of a network in a browser."""

import base64
import json
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from action_rec import __version__
from action_rec.console.writing import write_durably, write_text
from action_rec.errors import InputError
from action_rec.onnx_file.facts import Facts

PAGE = (
    "camera.js",
    "index.html",
    "page.css",
    "page.js",
    "picture.js",
    "recognizer.js",
    "recordings.js",
)
_SCRIPT, _MODULE = "ort.wasm.min.js", "ort-wasm-simd-threaded.mjs"
_BINARY = "ort-wasm-simd-threaded.wasm"
_POSE = "node_modules/@mediapipe/pose"


class Runtime(NamedTuple):
    """The files of onnxruntime-web.

    Attributes:
        script: The library.
        module: What it loads to start the binary.
        binary: WebAssembly.
    """

    script: Path
    module: Path
    binary: Path


def find_runtime(web: Path, ort: Path | None) -> Runtime:
    """Find the files of onnxruntime-web.

    Args:
        web: The folder of the page.
        ort: The folder of the npm package; None for that in node_modules of `web`.

    Raises:
        InputError: `web` is a file, or a file of onnxruntime-web is missing.
    """
    if web.exists() and not web.is_dir():
        raise InputError(f"--web {web} is a file; give a folder")
    package = web / "node_modules" / "onnxruntime-web" if ort is None else ort
    for folder in (package / "dist", package):
        runtime = Runtime(folder / _SCRIPT, folder / _MODULE, folder / _BINARY)
        if all(path.is_file() for path in runtime):
            return runtime
    raise InputError(
        f"the page needs onnxruntime-web, of which {_SCRIPT}, {_MODULE} and {_BINARY} are not all "
        f"in {package}; run: npm install --prefix {web} onnxruntime-web, or name its folder with "
        "--ort"
    )


def write_page(web: Path, content: bytes, facts: Facts, runtime: Runtime) -> None:
    """Write the page, each file atomically.

    All of it is in scripts, since a page that is opened from disk may load nothing else.

    Args:
        web: The folder; it is created.
        content: The ONNX file of a step.
        facts: What it says of itself.
        runtime: The files of onnxruntime-web.

    Raises:
        OSError: A file cannot be read or written.
    """
    page = files("action_rec.export") / "page"
    for name in PAGE:
        write_durably(web / name, (page / name).read_bytes())
    module, binary = _in_base64(runtime.module), _in_base64(runtime.binary)
    files_of_runtime = f'const RUNTIME = {{"module": "{module}", "binary": "{binary}"}};\n'
    script = runtime.script.read_text(encoding="utf-8")
    write_text(web / "runtime.js", f"{script}\n{files_of_runtime}")
    model = {
        "version": __version__,
        "facts": facts.plain(),
        "pose": _POSE if (web / _POSE / "pose.js").is_file() else None,
        "onnx": base64.b64encode(content).decode(),
    }
    write_text(web / "model.js", f"const MODEL = {json.dumps(model)};\n")


def _in_base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
