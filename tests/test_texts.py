"""The texts keep to 100 columns, apart from tables."""

from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_lines_of_texts_have_at_most_100_columns() -> None:
    texts = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("configs/**/*.md")]
    assert len(texts) > 20
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 100 and not line.startswith("|")
    ]
    assert long == []
