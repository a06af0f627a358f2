"""One tab of the browser: go, evaluate, wait, press, click, look."""

import asyncio
import base64
import json
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mien.bench.devtools import BrowserError, DevTools

POLL_S = 0.05
KEPT_MESSAGES = 500

# Windows virtual key codes and the text that a key types; Chromium wants both.
KEYS: Mapping[str, tuple[int, str]] = {
    "Enter": (13, "\r"),
    "Tab": (9, ""),
    "Escape": (27, ""),
    " ": (32, " "),
    "ArrowLeft": (37, ""),
    "ArrowUp": (38, ""),
    "ArrowRight": (39, ""),
    "ArrowDown": (40, ""),
    "Backspace": (8, ""),
    "Delete": (46, ""),
    "Home": (36, ""),
    "End": (35, ""),
}
SHIFT = 8
# An empty object or array is true there; an element comes as {}.
JS_FALSE = (None, False, 0, "")


class Page:
    """A tab. `console` and `exceptions` keep the newest lines that the page has written."""

    def __init__(self, devtools: DevTools, target: str, session: str) -> None:
        self.console: deque[str] = deque(maxlen=KEPT_MESSAGES)
        self.exceptions: deque[str] = deque(maxlen=KEPT_MESSAGES)
        self._devtools = devtools
        self._target = target
        self._session = session
        self._loaded = asyncio.Event()
        devtools.listen(session, self._on_event)

    @classmethod
    async def attach(cls, devtools: DevTools, target: str) -> "Page":
        """Attach to a target of the browser. Raises BrowserError."""
        answer = await devtools.call("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = cls(devtools, target, answer["sessionId"])
        for domain in ("Page", "Runtime", "DOM", "Log"):
            await page.call(f"{domain}.enable")
        # A page in the background has no focus, so keyboard paths could not be tried.
        await page.call("Emulation.setFocusEmulationEnabled", {"enabled": True})
        return page

    async def call(
        self, method: str, params: Mapping[str, Any] | None = None, within_s: float = 30.0
    ) -> dict[str, Any]:
        """Any DevTools call in this tab. Raises BrowserError."""
        return await self._devtools.call(method, params, self._session, within_s)

    async def goto(self, url: str, within_s: float = 30.0) -> None:
        """Load `url` and wait for its load event. Raises BrowserError."""
        self._loaded.clear()
        answer = await self.call("Page.navigate", {"url": url}, within_s)
        if answer.get("errorText"):
            raise BrowserError(f"could not load the page: {answer['errorText']}")
        if "loaderId" not in answer:
            return  # only the fragment has changed: no load event comes
        try:
            await asyncio.wait_for(self._loaded.wait(), within_s)
        except TimeoutError as error:
            raise BrowserError(f"the page did not load within {within_s:g} s") from error

    async def evaluate(self, expression: str, within_s: float = 30.0) -> Any:
        """The value of a JavaScript expression, promises awaited, as JSON types.

        Raises BrowserError with the page's own message when it throws.
        """
        answer = await self.call(
            "Runtime.evaluate",
            {
                "expression": expression,
                "awaitPromise": True,
                "returnByValue": True,
                "userGesture": True,
            },
            within_s,
        )
        if "exceptionDetails" in answer:
            raise BrowserError(describe_exception(answer["exceptionDetails"]))
        return answer["result"].get("value")

    async def wait_for(self, expression: str, within_s: float = 10.0) -> Any:
        """The first value of `expression` that JavaScript takes for true, asked every 50 ms.

        Raises BrowserError, with what the page said last.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        last: object = None
        while loop.time() < deadline:
            try:
                last = await self.evaluate(expression)
            except BrowserError as error:  # a page that is still loading has no names yet
                last = error
            if not isinstance(last, BrowserError) and last not in JS_FALSE:
                return last
            await asyncio.sleep(POLL_S)
        said = "\n".join([*list(self.console)[-10:], *list(self.exceptions)[-5:]])
        raise BrowserError(f"{expression!r} was {last!r} for {within_s:g} s\n{said}")

    async def screenshot(self, path: Path, *, full_page: bool = False) -> None:
        """Write the viewport, or the whole page, as a PNG file."""
        answer = await self.call(
            "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": full_page}
        )
        await asyncio.to_thread(path.write_bytes, base64.b64decode(answer["data"]))

    async def set_viewport(
        self, width: int, height: int, *, scale: float = 1.0, mobile: bool = False
    ) -> None:
        """Size of the page in CSS pixels."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile},
        )

    async def set_files(self, selector: str, paths: Sequence[Path]) -> None:
        """Choose files in an <input type=file>. Raises BrowserError when there is none."""
        document = await self.call("DOM.getDocument", {"depth": 0})
        node = await self.call(
            "DOM.querySelector", {"nodeId": document["root"]["nodeId"], "selector": selector}
        )
        if not node["nodeId"]:
            raise BrowserError(f"no element {selector}")
        files = [str(path.resolve()) for path in paths]
        await self.call("DOM.setFileInputFiles", {"nodeId": node["nodeId"], "files": files})

    async def press(self, key: str, *, shift: bool = False) -> None:
        """Press and release one key: a name such as "Tab" or "Enter", or one character."""
        code, text = KEYS.get(key, (ord(key[0].upper()), key))
        event = {"key": key, "windowsVirtualKeyCode": code, "modifiers": SHIFT if shift else 0}
        down = {**event, "type": "keyDown" if text else "rawKeyDown", "text": text}
        await self.call("Input.dispatchKeyEvent", down)
        await self.call("Input.dispatchKeyEvent", {**event, "type": "keyUp"})

    async def type(self, text: str) -> None:
        """Type text into the focused element."""
        await self.call("Input.insertText", {"text": text})

    async def click(self, selector: str) -> None:
        """Click the middle of the element with a real pointer. Raises BrowserError."""
        middle = await self.evaluate(
            f"(e => {{ e.scrollIntoView({{block: 'center', behavior: 'instant'}});"
            " const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })"
            f"(document.querySelector({json.dumps(selector)}))"
        )
        event = {"x": middle[0], "y": middle[1], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", {**event, "type": kind})

    async def close(self) -> None:
        """Close the tab; the page's own pagehide handlers run first."""
        await self._devtools.call("Target.closeTarget", {"targetId": self._target})

    def _on_event(self, method: str, params: Mapping[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Runtime.consoleAPICalled":
            words = [str(a.get("value", a.get("description", ""))) for a in params["args"]]
            self.console.append(f"{params['type']}: {' '.join(words)}")
        elif method == "Runtime.exceptionThrown":
            self.exceptions.append(describe_exception(params["exceptionDetails"]))
        elif method == "Log.entryAdded":
            entry = params["entry"]
            self.console.append(f"{entry['level']}: {entry['text']} {entry.get('url', '')}".strip())


def describe_exception(details: Mapping[str, Any]) -> str:
    """One text for a thrown value, with the stack when it is an Error."""
    thrown = details.get("exception", {})
    return str(thrown.get("description") or thrown.get("value") or details["text"])
