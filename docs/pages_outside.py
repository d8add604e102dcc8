"""MkDocs hook: pages made of files that are outside docs/."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "README.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CITATION.cff": "CITATION.cff",
    "configs/README.md": "configs.md",
}


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages, with the links of each made relative to docs/."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        text = text.replace("](../docs/", "](").replace("](docs/", "](")
        for other, link in PAGES.items():
            text = text.replace(f"]({other}", f"]({link}")
        files.append(File.generated(config, page, content=text))
    return files
