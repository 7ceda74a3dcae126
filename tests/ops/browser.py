"""A real Chromium, driven by its own protocol: with the requested width, and the messages of its console."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp

FLAGS: Final = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --remote-debugging-port=0"
)

SETTLED: Final = 4
"""Looks, 0.3 s apart, at which a page that is loaded has not changed: then it shows what it has to show."""
MOST_LOOKS: Final = 40

BETWEEN_PAGES: Final = -32000
"""Chromium's error code for an expression whose page went away, or whose page is not there yet."""


class Refused(Exception):
    """A command that Chromium answered with an error."""

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        super().__init__(f"{method}: {error.get('message')} ({error.get('code')})")
        self.code = error.get("code")


class Browser:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0
        self.complaints: list[str] = []
        """Messages of the console, violations of the page's own policy among them."""

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command, and return its result; raise `Refused` if Chromium answers with an error."""
        self._last += 1
        await self._socket.send_json({"id": self._last, "method": method, "params": params})
        while True:
            said: dict[str, Any] = await self._socket.receive_json(timeout=30)
            if said.get("method") == "Log.entryAdded":
                self.complaints.append(said["params"]["entry"]["text"])
            if said.get("id") == self._last:
                if "error" in said:
                    raise Refused(method, said["error"])
                result: dict[str, Any] = said["result"]
                return result

    async def look(self, url: str, width: int, height: int = 1_000) -> None:
        """Open an address in a window of that size, and let it settle."""
        await self.ask("Log.enable")
        await self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        await self.ask("Page.navigate", url=url)
        last, same = "", 0
        for _ in range(MOST_LOOKS):
            await asyncio.sleep(0.3)
            found = await self.find("document.readyState + (document.body ? document.body.innerHTML : '')")
            same = same + 1 if found == last else 0
            last = str(found)
            if same >= SETTLED and last.startswith("complete"):
                return

    async def find(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page; between two pages, ask the next one.

        The expression may be evaluated twice: let `leave` click what opens another page.
        """
        for _ in range(100):
            try:
                found = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
            except Refused as refused:
                if refused.code != BETWEEN_PAGES:
                    raise
                await asyncio.sleep(0.05)
            else:
                return found["result"].get("value")
        raise TimeoutError(f"no page answers: {expression}")

    async def leave(self, expression: str) -> None:
        """Evaluate an expression that opens another page once, after this command has been answered."""
        await self.find(f"window.left = true; setTimeout(() => {expression}, 0); 0")

    async def screenshot(self, file: Path, *, whole: bool = False) -> None:
        """Write what it shows as a PNG."""
        shot = await self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def browser(chromium: str, folder: Path, *flags: str) -> AsyncIterator[Browser]:
    """Return a browser with a profile of its own that ends with the context."""
    process = await asyncio.create_subprocess_exec(
        chromium,
        *FLAGS.split(),
        *flags,
        f"--user-data-dir={folder}/profile",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        port = await _port(folder / "profile" / "DevToolsActivePort")
        async with aiohttp.ClientSession() as http:
            async with http.get(f"http://127.0.0.1:{port}/json") as answer:
                tabs = await answer.json()
            address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            async with http.ws_connect(address, max_msg_size=0) as socket:
                yield Browser(socket)
    finally:
        process.terminate()
        await process.wait()


async def _port(file: Path) -> int:
    for _ in range(300):
        if file.exists() and file.read_text().strip():
            return int(file.read_text().split()[0])
        await asyncio.sleep(0.1)
    raise TimeoutError("Chromium did not start within 30 s")
