"""The assets of pages: a script and a style sheet for all, and scripts of some pages, each under a name that contains
its hash.

An asset is concatenated from its parts in the order of their names here, so that a page loads few files and each part
stays a readable file. The parts of a script share one scope; what is of another script is imported. `make build`
replaces the parts with minified assets.
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
PARTS = {
    "gatehouse.js": ("api", "forms", "entry", "start"),
    "mailed.js": ("verify", "reset", "undo", "unsubscribe"),
    "second-step.js": ("second-step",),
    "passkeys.js": ("passkeys",),
    "session.js": ("session", "leaving"),
    "account.js": ("account", "devices", "second-factor", "own-passkeys", "trusted-devices"),
    "tasks.js": ("board", "tasks"),
    "gatehouse.css": ("base", "forms", "account", "tasks"),
    "button.js": ("button",),
}
_DATA = ("authenticators.json",)  # devtools/gatehouse_dev/authenticators.py
_KINDS = {
    "js": ("scripts", "text/javascript; charset=utf-8"),
    "css": ("styles", "text/css; charset=utf-8"),
    "json": ("", "application/json"),
}
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_MINUTES = "public, max-age=300"
_COMMENT = re.compile(r"^\s*(//.*|/\*.*\*/)?$")
_IMPORT = re.compile(r'import \{ (?P<names>.*) \} from "\./(?P<script>[\w-]+\.js)"')
_EXPORT = re.compile(r"export \{ (?P<names>.*) \}")
_OTHER_SCRIPT = re.compile(r'"\./(?P<script>[\w-]+\.js)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file as it is sent; `name` has a part of its hash."""

    name: str
    text: str
    media_type: str


@cache
def find_asset(name: str) -> Asset:
    """Return the asset with a plain name such as `gatehouse.js`."""
    stem, _, suffix = name.partition(".")
    built = _FOLDER / name
    text = built.read_text(encoding="utf-8") if built.is_file() else assemble(name)
    text = _OTHER_SCRIPT.sub(lambda found: f'"./{find_asset(found["script"]).name}"', text)
    digest = sha256(text.encode()).hexdigest()[:12]
    return Asset(name=f"{stem}.{digest}.{suffix}", text=text, media_type=_KINDS[suffix][1])


def assemble(name: str) -> str:
    """Concatenate the parts of an asset, without comments and indentation; a script begins with what it imports, and
    ends with what it exports.
    """
    suffix = name.rpartition(".")[2]
    folder = _FOLDER / _KINDS[suffix][0]
    lines = [line for part in PARTS[name] for line in (folder / f"{part}.{suffix}").read_text("utf-8").splitlines()]
    imported: dict[str, set[str]] = {}
    exported: set[str] = set()
    text = ""
    for line in lines:
        if found := _IMPORT.fullmatch(line):
            imported.setdefault(found["script"], set()).update(found["names"].split(", "))
        elif found := _EXPORT.fullmatch(line):
            exported.update(found["names"].split(", "))
        elif not _COMMENT.match(line):
            text += f"{line.strip()}\n"
    imports = [f'import {{ {", ".join(sorted(names))} }} from "./{script}"\n' for script, names in imported.items()]
    return "".join(imports) + text + (f"export {{ {', '.join(sorted(exported))} }}\n" if exported else "")


def asset_response(name: str, request: Request) -> Response:
    """Return a file by its hashed name. Raises NotFound for any other name, or that of another release."""
    if not (known := _assets().get(name)):
        raise NotFound
    found, packed = known
    return _response(found.media_type, found.text.encode(), packed, request, {"cache-control": _FOR_EVER})


def button_response(request: Request) -> Response:
    """Return the button's script, with the including page's relation to this site: only a same-site page sends our
    cookies.
    """
    site = request.headers.get("sec-fetch-site", "")
    text = find_asset("button.js").text.replace("SITE", site if re.fullmatch("[a-z-]{1,16}", site) else "")
    content, headers = text.encode(), {"cache-control": _FOR_MINUTES, "vary": "sec-fetch-site, accept-encoding"}
    headers |= {"cross-origin-resource-policy": "cross-origin"}
    return _response(find_asset("button.js").media_type, content, _compressed(content), request, headers)


@cache
def _assets() -> dict[str, tuple[Asset, bytes]]:
    """Return every asset by its hashed name, with its gzipped content. The first request builds all of them."""
    return {(found := find_asset(plain)).name: (found, _compressed(found.text.encode())) for plain in (*PARTS, *_DATA)}


@lru_cache(maxsize=8)  # bounded, because the content depends on a request header
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _response(media_type: str, content: bytes, packed: bytes, request: Request, headers: dict[str, str]) -> Response:
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers = packed, {"vary": "accept-encoding"} | headers | {"content-encoding": "gzip"}
    return Response(content, media_type=media_type, headers=headers)
