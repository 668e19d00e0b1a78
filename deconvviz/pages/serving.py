"""Serve a folder of pages on this machine alone."""

import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ..errors import UnwritableOutput


class _Quiet(SimpleHTTPRequestHandler):
    def guess_type(self, path: Any) -> str:
        """Older Pythons do not know WebP."""
        return "image/webp" if str(path).endswith(".webp") else super().guess_type(path)

    def send_head(self) -> Any:
        """Answer this machine only: a page from elsewhere could point a name of its own at this address."""
        if self.headers.get("Host", "").partition(":")[0].lower() not in ("127.0.0.1", "localhost"):
            self.send_error(HTTPStatus.FORBIDDEN)
            return None
        return super().send_head()

    def list_directory(self, path: Any) -> None:
        """No lists of files: a gallery has pages."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went on to another page before it had all of one."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of `folder` on 127.0.0.1; port 0: any that is free. Raises UnwritableOutput if it cannot be had."""
    if not (folder / "index.html").is_file():
        raise UnwritableOutput(f"{folder}: has no index.html to serve; make one with deconvviz gallery … -o {folder}")
    try:
        return _Server(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    except OSError as error:
        raise UnwritableOutput(f"port {port} cannot be had ({error.strerror}); choose another with --port") from error
