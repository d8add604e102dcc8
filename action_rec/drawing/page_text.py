"""Fill the template of a page: one HTML file that needs nothing else."""

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from action_rec.drawing.skeleton import COLOURS

_ROOM = "action_rec.drawing"


def render(room: str, name: str, data: Any, **content: Any) -> str:  # noqa: ANN401
    """Return an HTML page.

    Texts are escaped by the template, data are given to the script as JSON that cannot close its
    element, and a policy in the page lets the browser run that script alone, by its hash. What a
    name of a class or sequence contains is therefore shown and never run.

    Args:
        room: The package with the folder ``page`` of the template and its script.
        name: The name of both, without .html and .js.
        data: What the script reads, as JSON.
        **content: What the template reads.
    """
    shared, own = files(_ROOM) / "page", files(room) / "page"
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (shared / "players.js", own / f"{name}.js")
    )
    digest = base64.b64encode(hashlib.sha256(code.encode("utf-8")).digest()).decode("ascii")
    environment = Environment(
        loader=PackageLoader(room, "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = _percent
    return environment.get_template(f"{name}.html").render(
        style=Markup(_colours() + (shared / "style.css").read_text(encoding="utf-8")),
        script=Markup(code),
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        data=_embedded(data),
        **content,
    )


def _colours() -> str:
    """The colours of skeletons as CSS variables, for light and dark pages."""
    light, dark = (
        ":root{" + "".join(f"--{name}:{pair[ground]};" for name, pair in COLOURS.items()) + "}"
        for ground in (0, 1)
    )
    return f"{light}@media (prefers-color-scheme: dark){{{dark}}}\n"


def _embedded(data: Any) -> Markup:  # noqa: ANN401
    """JSON for a script element, in which ``</script>`` and ``<!--`` cannot occur."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f}"
