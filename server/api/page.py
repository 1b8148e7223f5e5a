"""The page at `/`: the files of `server/web`, served as they are. It is given nothing but what any client is given."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from server.api.auth import WEB
from server.api.house import Endpoint, House
from server.errors import NotFound

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}
"""Scripts and styles come from here and from nowhere else, and none stands in the page itself."""

TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


def routes(house: House) -> list[Endpoint]:
    files = {file.relative_to(WEB).as_posix(): file for file in WEB.rglob("*") if file.suffix in TYPES}

    async def page(request: Request) -> Response:
        """The page itself."""
        return _sent(request, files["index.html"])

    async def part(request: Request) -> Response:
        """One of its scripts, styles, pictures."""
        name = request.path_params["name"]
        if name not in files:
            raise NotFound(f"The page has no part {name[:100]!r}.")
        return _sent(request, files[name])

    def get(path: str, handler: object, summary: str) -> Endpoint:
        return Endpoint("GET", path, handler, summary=summary, tag="server", needs=None, media="text/html")  # type: ignore[arg-type]

    return [get("/", page, "A page to talk, watch and manage"), get("/web/{name:path}", part, "A part of that page")]


def _sent(request: Request, file: Path) -> Response:
    """The file, or word that the browser's copy is still good."""
    answer = FileResponse(file, media_type=TYPES[file.suffix], headers=HEADERS, stat_result=file.stat())
    if request.headers.get("if-none-match") == answer.headers["etag"]:
        return Response(status_code=304, headers={**HEADERS, "etag": answer.headers["etag"]})
    return answer
