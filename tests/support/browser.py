"""One headless Chromium without a network, and how a page is looked at in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from waiting import until

Pages = Callable[[str], Path]
"""Finds a page by its name."""
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    # As on a telephone, they take no room.
    "--hide-scrollbars",
    "--lang=en-US",
)
AXE = Path(__file__).parents[1] / "page" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
CONTRAST = ("color-contrast",)
"""The rule that has other answers in other colours."""
AUDIT = """
const [rules, done] = arguments;
axe.run({runOnly: rules, resultTypes: ["violations"], selectors: false, iframes: false}).then(
  ({violations}) => done(violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 200)}`))),
  (error) => done([String(error)]),
);
"""


@dataclass(frozen=True)
class View:
    """How a page is looked at.

    Attributes:
        width: of the window in CSS pixels.
        height: of it.
        dark: whether the reader's setting is dark.
        scripts: whether the page's scripts run.
        printed: whether it is laid out for paper.
        still: whether the reader asks for little motion.
    """

    width: int = 1100
    height: int = 800
    dark: bool = False
    scripts: bool = True
    printed: bool = False
    still: bool = True


WIDE, NARROW, DARK = View(), View(width=390), View(dark=True)


class Browser:
    """A browser that opens pages from files; the network is cut."""

    def __init__(self, profile: Path) -> None:
        """Start Chromium with a profile of its own.

        Args:
            profile: an empty folder.
        """
        options = webdriver.ChromeOptions()
        options.binary_location = _command("chromium")
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(_command("chromedriver")))
        # A window behind others, or one that nobody has clicked, tells its page of no focus.
        self.command("Emulation.setFocusEmulationEnabled", enabled=True)
        self.command("Network.enable")
        cut = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        self.command("Network.emulateNetworkConditions", **cut)

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()

    def command(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol and return its answer."""
        answer: dict[str, Any] = self.driver.execute_cdp_cmd(name, parameters)
        return answer

    def open(self, page: Path, view: View = WIDE) -> None:
        """Load a page anew and look at it in some way."""
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.command("Emulation.setScriptExecutionDisabled", value=not view.scripts)
        size = {"width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        features = {
            "prefers-color-scheme": "dark" if view.dark else "light",
            "prefers-reduced-motion": "reduce" if view.still else "no-preference",
        }
        self.command(
            "Emulation.setEmulatedMedia",
            media="print" if view.printed else "",
            features=[{"name": name, "value": value} for name, value in features.items()],
        )
        self.run("window.isLeft = true")
        self.driver.get(page.as_uri())
        until(lambda: bool(self.run("return !window.isLeft && document.readyState === 'complete'")))

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def point_at(self, x: float, y: float) -> None:
        """Move the mouse to a place in the window."""
        self.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def violations(self, rules: Sequence[str] = RULES) -> list[str]:
        """Check the page by rules of accessibility, or those of tags, and return what breaks one, with its markup."""
        if not self.run("return 'axe' in window"):
            self.run(AXE.read_text(encoding="utf-8"))
        broken: list[str] = self.driver.execute_async_script(AUDIT, list(rules))
        return broken

    def messages(self) -> list[str]:
        """Return what was written to the console since the page was opened, and every error."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the page was opened, other than those of files."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [
            event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"
        ]
        return [address for address in asked if urlsplit(address).scheme not in ("file", "data")]


def _command(name: str) -> str:
    path = shutil.which(name)
    assert path is not None, f"{name} is not installed"
    return path
