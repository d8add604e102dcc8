"""Pages in headless Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def start_browser() -> Iterator[Any]:
    """Yield a driver; skip the test where Chromium, its driver or selenium is missing."""
    pytest.importorskip("selenium", reason="selenium is not installed")
    if (driver := shutil.which("chromedriver")) is None:
        pytest.skip("there is no chromedriver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,1400"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    yield browser
    browser.quit()


def errors(browser: Any) -> list[str]:  # noqa: ANN401
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def opened(browser: Any, path: Path) -> Any:  # noqa: ANN401
    browser.get(path.as_uri())
    assert errors(browser) == []
    return browser
