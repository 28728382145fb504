"""Pictures as clients send them."""

import struct
import zlib
from base64 import b64decode, b64encode
from random import Random

from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import Person

SEND = "GET /api/auth/picture/{user_id}/{picture_id}"
PNG, JPEG, WEBP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x04\0\0\0WEBP"  # the first bytes of each
LARGEST = 75_000  # bytes
ORIGIN = "https://api.example.com"


def data_url(content: bytes, media_type: str = "image/png") -> str:
    """Return a picture as `FileReader` reads it."""
    return f"data:{media_type};base64,{b64encode(content).decode()}"


def noise(side: int = 128) -> bytes:
    """Return a PNG of random pixels with transparency, the largest of its size."""
    random = Random(7)  # noqa: S311 -- not a secret
    lines = b"".join(b"\0" + random.randbytes(4 * side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return PNG + b"".join(map(_chunk, chunks))


def _chunk(chunk: tuple[bytes, bytes]) -> bytes:
    name, content = chunk
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def store_inline(person: Person, url: str) -> None:
    """Store a data URL in a profile, as before pictures had rows of their own."""
    table = layer("accounts.table")
    table.ProfileRow(*table.profile_key(person.id)[1:]).update([table.ProfileRow.image.set(url)])


def get_picture(call: Api, url: str, route: str = SEND, **request: object) -> Response:
    """Request a picture by the URL that a profile has."""
    assert url.startswith(f"{ORIGIN}/api/auth/picture/"), url
    user_id, picture_id = url.split("/")[-2:]
    return call(route, user_id=user_id, picture_id=picture_id, **request)


def picture_at(call: Api, url: str) -> tuple[str, bytes]:
    """Return type and content of the picture at a URL."""
    response = get_picture(call, url)
    assert response.status == 200, response.text
    return response.headers["content-type"], b64decode(response.text)
