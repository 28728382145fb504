"""The files that pages load: one script, one style, each under a name that changes with what is in it.

A script or a style is put together from its parts in the order of their names here: a page loads one of each, and a
part reads as a file of its own. What `make build` makes of them is smaller, and takes their place.
"""

import gzip
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path

from fastapi import Request
from starlette.responses import Response

from gatehouse.errors import NotFound

_FOLDER = Path(__file__).parent
_SCRIPTS = (
    *("api", "forms", "entry", "reset", "verify"),
    *("session", "account", "devices", "tasks", "board", "start"),
)
PARTS = {
    "gatehouse.js": _SCRIPTS,
    "gatehouse.css": ("base", "forms", "account", "tasks"),
    "button.js": ("button",),
}
_KINDS = {"js": ("scripts", "text/javascript; charset=utf-8"), "css": ("styles", "text/css; charset=utf-8")}
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_MINUTES = "public, max-age=300"
_COMMENT = re.compile(r"^\s*(//.*|/\*.*\*/)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file as it is sent; `name` holds a part of its hash."""

    name: str
    text: str
    media_type: str


@cache
def named(name: str) -> Asset:
    """The asset that pages call `gatehouse.js`."""
    stem, _, suffix = name.partition(".")
    built = _FOLDER / name
    text = built.read_text(encoding="utf-8") if built.is_file() else assembled(name)
    digest = sha256(text.encode()).hexdigest()[:12]
    return Asset(name=f"{stem}.{digest}.{suffix}", text=text, media_type=_KINDS[suffix][1])


def assembled(name: str) -> str:
    """The parts of an asset, one after the other, without comments and indentation."""
    suffix = name.rpartition(".")[2]
    folder = _FOLDER / _KINDS[suffix][0]
    lines = [line for part in PARTS[name] for line in (folder / f"{part}.{suffix}").read_text("utf-8").splitlines()]
    return "".join(f"{line.strip()}\n" for line in lines if not _COMMENT.match(line))


def asset(name: str, request: Request) -> Response:
    """A file by the name that a page has for it. Raises NotFound for any other, or one of another release."""
    if not (known := _ready().get(name)):
        raise NotFound
    found, packed = known
    return _sent(found.media_type, found.text.encode(), packed, request, {"cache-control": _FOR_EVER})


def button(request: Request) -> Response:
    """The button's script, which knows whether the page that includes it is of this site, and so sends our cookies."""
    site = request.headers.get("sec-fetch-site", "")
    text = named("button.js").text.replace("SITE", site if re.fullmatch("[a-z-]{1,16}", site) else "")
    content, headers = text.encode(), {"cache-control": _FOR_MINUTES, "vary": "sec-fetch-site, accept-encoding"}
    headers |= {"cross-origin-resource-policy": "cross-origin"}
    return _sent(named("button.js").media_type, content, _packed(content), request, headers)


@cache
def _ready() -> dict[str, tuple[Asset, bytes]]:
    """Every asset by the name that pages have for it, and packed: the first that is asked for readies all."""
    return {(found := named(plain)).name: (found, _packed(found.text.encode())) for plain in PARTS}


@lru_cache(maxsize=8)  # whoever asks for the button chooses what is in it
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _sent(media_type: str, content: bytes, packed: bytes, request: Request, headers: dict[str, str]) -> Response:
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers = packed, {"vary": "accept-encoding"} | headers | {"content-encoding": "gzip"}
    return Response(content, media_type=media_type, headers=headers)
