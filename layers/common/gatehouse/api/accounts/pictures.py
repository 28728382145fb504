"""Pictures as they are served: to any site, from caches for a day."""

from http import HTTPStatus

from starlette.responses import Response

from gatehouse.accounts.pictures import Picture

_HEADERS = {
    # A URL has one picture for ever, or none any more: an erased one is in no cache after a day.
    "cache-control": "public, max-age=86400, immutable",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
}


def picture_response(picture: Picture, if_none_match: str) -> Response:
    """Return a picture, or 304 to a client that has it."""
    etag = f'"{picture.picture_id}"'
    headers = _HEADERS | {"etag": etag}
    if etag in if_none_match:  # also in a list, and as a weak one
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(picture.content, media_type=picture.media_type, headers=headers)
