"""W&B servers that do not answer, or answer with an error: a fit is then logged offline."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import wandb

from action_rec.cli import main
from tests.command_line import CONFIGS


@contextmanager
def server(answers: Iterable[tuple[int | None, bytes]]) -> Iterator[str]:
    """Run a server and yield its address.

    Args:
        answers: Status and content of each answer; the last is repeated. Without a status, it
            accepts and stays silent.
    """
    stopped, left = threading.Event(), list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, content = left.pop(0) if len(left) > 1 else left[0]
            if status is None:
                stopped.wait(60)
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.server_port}"
    finally:
        stopped.set()
        served.shutdown()
        thread.join()
        served.server_close()


@pytest.fixture
def _own_service() -> Iterator[None]:
    """A W&B service of its own: it takes the server and the mode when it starts."""
    wandb.teardown()
    yield
    wandb.teardown()


@pytest.mark.usefixtures("_own_service")
@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([(None, b"")], "does not answer"),
        ([(500, b"error")], "answers with HTTP 500"),
        ([(401, b"{}")], "answers with HTTP 401 (run 'wandb login')"),
        ([(200, b'{"data": {"viewer": null}}')], "does not know the API key"),
        ([(200, b"<html>")], "gives an answer that is none of a W&B server"),
        ([(200, b'{"data": {"viewer": {"id": "me"}}}'), (404, b"{}")], "cannot start ("),
    ],
    ids=["silent", "500", "401", "unknown key", "no JSON", "later"],
)
def test_a_fit_is_logged_offline(
    answers: list[tuple[int | None, bytes]],
    reason: str,
    store_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("action_rec.training.loggers._TIMEOUT", 0.2)
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_SILENT", "true")
    with server(answers) as address:
        monkeypatch.setenv("WANDB_BASE_URL", address)
        assert main(words(store_path, tmp_path)) == 0
    error = capsys.readouterr().err
    assert f"warning: W&B {reason}" in error
    assert "'wandb sync' uploads them" in error
    assert list(tmp_path.glob("wandb/offline-run-*/*.wandb"))
    assert list(tmp_path.rglob("last.ckpt"))


def words(store: Path, folder: Path) -> list[str]:
    """The words of a short fit with the loggers of a config, W&B online."""
    return [
        *("fit", "--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store)),
        *("--save_dir", str(folder), "--trainer.max_steps", "1", "--data.val_share", "0.5"),
        *("--trainer.log_every_n_steps", "1"),
        *("--trainer.logger.offline", "false", "--model.network.hidden_size", "8"),
        *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
    ]
