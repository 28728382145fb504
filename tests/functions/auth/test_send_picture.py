"""GET /api/auth/picture/{user_id}/{picture_id}: pictures are kept in rows of their own, and served to every site."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in, sign_up, verify
from tests.support.calls import Api, Response
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, Person
from tests.support.pictures import (
    JPEG,
    LARGEST,
    ORIGIN,
    PNG,
    SEND,
    WEBP,
    data_url,
    get_picture,
    noise,
    picture_at,
    store_inline,
)
from tests.support.tables import rows, tables_unchanged

UPDATE, ME = "POST /api/auth/update-user", "GET /api/auth/me"
LINK = "https://example.com/ann.png"
NEW = "new@example.com"


def change(call: Api, person: Person, image: str | None, **others: Any) -> str:
    """Change the picture, and return `image` as the profile has it then."""
    response = call(UPDATE, bearer=person.token, json={"image": image} | others)
    assert (response.status, response.json) == (200, {"status": True})
    return image_of(call, person.token)


def image_of(call: Api, token: str) -> str:
    """Return the `image` of a session's user."""
    image: str = call(ME, bearer=token).json["user"]["image"]
    return image


def pictures(cloud: Cloud) -> list[tuple[str, str]]:
    """Return partition and id of every picture."""
    return [(row["pk"], row["picture_id"]) for row in rows(cloud, "UsersTable") if row["sk"] == "PICTURE"]


def waiting(cloud: Cloud) -> list[dict[str, Any]]:
    """Return the rows of pictures that wait for a verification."""
    return [row for row in rows(cloud, "TokensTable") if row["purpose"] == "picture"]


# -- Set by a user ----------------------------------------------------------------


def test_the_largest_picture_of_the_usual_size_is_served_as_it_was_sent(call: Api, ann: Person) -> None:
    """128 by 128 random pixels: UI kits send a PNG of that size."""
    content = noise()
    assert 65_000 < len(content) < LARGEST

    url = change(call, ann, data_url(content))

    response = get_picture(call, url)
    assert url.startswith(f"{ORIGIN}/api/auth/picture/{ann.id}/")
    assert len(url.rpartition("/")[2]) == 22
    assert (response.status, b64decode(response.text)) == (200, content)
    assert (
        response.headers.items()
        >= {
            "content-type": "image/png",
            "cache-control": "public, max-age=86400, immutable",
            "etag": f'"{url.rpartition("/")[2]}"',
            "cross-origin-resource-policy": "cross-origin",
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "x-content-type-options": "nosniff",
            "content-length": str(len(content)),
        }.items()
    )
    assert not {"pragma", "set-cookie", "content-encoding"} & set(response.headers)
    assert response.cookies == []


@pytest.mark.parametrize(
    ("sent", "served"),
    [
        (data_url(PNG), "image/png"),
        (data_url(JPEG, "image/jpeg"), "image/jpeg"),
        (data_url(WEBP, "image/webp"), "image/webp"),
        (data_url(PNG, "image/webp"), "image/png"),
        (data_url(PNG, "image/jpg"), "image/png"),
        (data_url(JPEG + b"<script>", "image/svg+xml"), "image/jpeg"),
        (data_url(PNG + bytes(LARGEST - 8)), "image/png"),
    ],
)
def test_the_content_decides_the_type(call: Api, ann: Person, sent: str, served: str) -> None:
    """A browser that cannot write WebP writes PNG, and the script declares what it asked for."""
    media_type, content = picture_at(call, change(call, ann, sent))

    assert (media_type, content) == (served, b64decode(sent.partition(",")[2]))


UNSUPPORTED = [
    *("data:", "data:,", "data:image/png;base64,", "data:image/png,%89PNG%0D%0A%1A%0A", "data:text/html;base64,PHA+"),
    *(data_url(content) for content in (b"GIF89a", b"<svg/>", b"<html>", PNG[:7], b"\xff\xd8", b"BM", b"x" + PNG)),
    *(data_url(content, "image/webp") for content in (b"RIFF", b"RIFF\x04\0\0\0WAVE", WEBP[:11])),
    data_url(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    *(data_url(PNG, kind) for kind in ("text/html", "application/octet-stream", "")),
    *(data_url(PNG)[:-1], data_url(PNG)[:-2], data_url(PNG) + "\n", data_url(PNG) + "AAAA", data_url(PNG) + "="),
    *(data_url(PNG).replace("Rw", mark) for mark in ("<p>", "R w", "-w", "é", "%3D", "\0")),
    *(data_url(PNG) + '"onload=alert(1)', data_url(PNG).replace(";base64", "")),
]
TOO_LARGE = [data_url(start + bytes(LARGEST + 1 - len(start))) for start in (PNG, JPEG, WEBP)]
TOO_LARGE.append(data_url(noise(137)))


@pytest.mark.parametrize(
    ("code", "sentence", "sent"),
    [
        (
            "PICTURE_NOT_SUPPORTED",
            "This is not a picture that can be shown. Choose a PNG, JPEG or WebP file.",
            UNSUPPORTED,
        ),
        ("PICTURE_TOO_LARGE", "This picture is too large. Choose one of at most 75 KB.", TOO_LARGE),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused_with_a_sentence(  # noqa: PLR0917 -- three fixtures and a case
    call: Api, ann: Person, cloud: Cloud, code: str, sentence: str, sent: list[str]
) -> None:
    with tables_unchanged(cloud):
        for image in sent:
            response = call(UPDATE, bearer=ann.token, json={"image": image, "name": "A"})
            assert (response.status, response.code) == (400, code), image[:60]
            assert response.json["message"] == sentence
            signing_up = {"email": NEW, "password": PASSWORD, "image": image}
            assert call("POST /api/auth/sign-up/email", json=signing_up).code == code


def test_an_unacceptable_link_is_refused_with_a_sentence(call: Api, ann: Person) -> None:
    sentence = "Send a link that begins with https:// and has at most 500 characters, or a PNG, JPEG or WebP picture."

    response = call(UPDATE, bearer=ann.token, json={"image": "http://example.com/a.png"})

    assert (response.code, response.json["message"]) == ("VALIDATION_ERROR", f"[body.image] {sentence}")
    assert response.json["details"] == [{"field": "body.image", "message": sentence}]


def test_a_new_picture_replaces_the_old_one(call: Api, ann: Person, cloud: Cloud) -> None:
    first = change(call, ann, data_url(PNG))
    second = change(call, ann, data_url(JPEG))

    assert first != second
    assert picture_at(call, second) == ("image/jpeg", JPEG)
    assert get_picture(call, first).status == 404
    assert pictures(cloud) == [(f"PICTURE#{ann.id}", second.rpartition("/")[2])]


@pytest.mark.parametrize(("sent", "stored"), [(LINK, LINK), (None, None), ("", None)])
def test_a_link_or_nothing_removes_the_picture(
    call: Api, ann: Person, cloud: Cloud, sent: str | None, stored: str | None
) -> None:
    """UI kits send an empty text for nothing."""
    url = change(call, ann, data_url(PNG))

    assert change(call, ann, sent) == stored
    assert pictures(cloud) == []
    assert get_picture(call, url).status == 404


def test_a_frontend_may_send_the_whole_profile_back(call: Api, ann: Person, cloud: Cloud, settings: Any) -> None:
    """Also on a laptop, where the URL is not https."""
    settings(base_url="http://localhost:3000")
    url = change(call, ann, data_url(PNG))
    before = [row for row in rows(cloud, "UsersTable") if row["sk"] == "PICTURE"]

    assert url.startswith("http://localhost:3000/api/auth/picture/")
    assert call(UPDATE, bearer=ann.token, json={"image": url, "name": "Ann Miller"}).status == 200
    assert call.aws_operations == ["BatchGetItem", "UpdateItem"]
    user = call(ME, bearer=ann.token).json["user"]
    assert (user["name"], user["image"]) == ("Ann Miller", url)
    assert [row for row in rows(cloud, "UsersTable") if row["sk"] == "PICTURE"] == before
    settings(base_url="https://new.example.com")
    assert change(call, ann, url, name="Ann") == url


def test_the_url_of_a_picture_that_was_replaced_does_not_remove_the_current_one(
    call: Api, ann: Person, bob: Person, cloud: Cloud
) -> None:
    """A page that was loaded before sends it back. Nor is another user's picture taken."""
    old = change(call, ann, data_url(PNG))
    change(call, ann, data_url(JPEG))
    others = change(call, bob, data_url(PNG))

    with tables_unchanged(cloud):
        for url in (old, others):
            response = call(UPDATE, bearer=ann.token, json={"image": url, "name": "A"})
            assert (response.status, response.code) == (400, "VALIDATION_ERROR")
            assert response.json["message"] == (
                "[body.image] This picture was replaced or removed. Load the profile again."
            )


def test_a_picture_that_was_stored_in_the_profile_stays(call: Api, ann: Person, cloud: Cloud) -> None:
    inline = data_url(JPEG + bytes(5990), "image/jpeg")
    store_inline(ann, inline)

    assert image_of(call, ann.token) == inline
    assert change(call, ann, inline, name="Ann Miller") == inline
    assert (pictures(cloud), call(ME, bearer=ann.token).json["user"]["name"]) == ([], "Ann Miller")
    assert change(call, ann, data_url(PNG)).startswith(ORIGIN)
    assert change(call, ann, None) is None


@pytest.mark.parametrize("first", [data_url(JPEG), LINK, None])
@pytest.mark.parametrize("last", [data_url(PNG), LINK, None])
def test_after_concurrent_changes_the_profile_points_to_the_picture_that_is_there(  # noqa: PLR0917 -- four fixtures and a case
    call: Api,
    ann: Person,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    first: str | None,
    last: str | None,
) -> None:
    change(call, ann, data_url(WEBP))
    interleave(monkeypatch, "accounts.profile", "transact", lambda: change(call, ann, first))

    image = change(call, ann, last)

    if (last or "").startswith("data:"):
        assert picture_at(call, image) == ("image/png", PNG)
        assert len(pictures(cloud)) == 1
    else:
        assert (image, pictures(cloud)) == (last, [])


def test_sending_the_same_picture_back_during_a_change_leaves_the_new_one(
    call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = change(call, ann, data_url(PNG))
    interleave(monkeypatch, "accounts.profile", "_with_image", lambda: change(call, ann, data_url(JPEG)))

    image = change(call, ann, url, name="A")

    assert picture_at(call, image) == ("image/jpeg", JPEG)


def test_a_user_who_is_deleted_during_the_change_leaves_no_picture(
    call: Api, ann: Person, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete_account() -> None:
        assert call("POST /api/auth/delete-user", bearer=ann.token, json={"password": PASSWORD}).status == 200

    interleave(monkeypatch, "accounts.profile", "_with_image", delete_account)

    assert call(UPDATE, bearer=ann.token, json={"image": data_url(PNG)}).status == 401
    assert pictures(cloud) == []


def test_a_deleted_users_picture_is_gone_at_once(call: Api, ann: Person, cloud: Cloud) -> None:
    url = change(call, ann, data_url(PNG))

    assert call("POST /api/auth/delete-user", bearer=ann.token, json={"password": PASSWORD}).status == 200

    assert get_picture(call, url).status == 404
    assert pictures(cloud) == []


def test_a_change_of_reminders_may_come_with_a_picture(call: Api, ann: Person, cloud: Cloud) -> None:
    url = change(call, ann, data_url(PNG), taskReminders=True, timeZone="Europe/Berlin")

    assert picture_at(call, url) == ("image/png", PNG)
    assert any(row["pk"] == "REMINDERS#Europe/Berlin" for row in rows(cloud, "UsersTable"))


# -- What it costs ----------------------------------------------------------------


def test_no_other_request_reads_the_picture(call: Api, ann: Person, cloud: Cloud) -> None:
    change(call, ann, data_url(noise()))
    (profile,) = (row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE")

    assert len(str(profile)) < 1000
    for route in (ME, "GET /api/auth/get-session", "GET /api/auth/token", "GET /api/tasks"):
        call(route, bearer=ann.token)
        assert "BatchGetItem" in call.aws_operations
        assert call.aws_operations in (["BatchGetItem"], ["BatchGetItem", "Query"]), route


def test_the_url_is_in_access_tokens(call: Api, ann: Person) -> None:
    url = change(call, ann, data_url(noise()))

    token = call("GET /api/auth/token", bearer=ann.token).json["token"]

    assert call(ME, bearer=token).json["user"]["image"] == url
    claims = layer("keys.access_tokens").jwt.decode(token, options={"verify_signature": False})
    assert claims["image"] == url


# -- Served ---------------------------------------------------------------------


def test_a_client_that_has_the_picture_gets_304(call: Api, ann: Person) -> None:
    url = change(call, ann, data_url(PNG))
    etag = get_picture(call, url).headers["etag"]

    for known in (etag, f"W/{etag}", f'"x", {etag}'):
        response = get_picture(call, url, headers={"if-none-match": known})
        assert (response.status, response.text) == (304, "")
        assert response.headers["etag"] == etag
        assert response.headers["cache-control"] == "public, max-age=86400, immutable"
    assert get_picture(call, url, headers={"if-none-match": '"x"'}).status == 200
    change(call, ann, None)
    assert get_picture(call, url, headers={"if-none-match": etag}).status == 404


def not_found(response: Response) -> dict[str, Any]:
    """Check that there is no picture, and return the response without the id of the request."""
    assert (response.status, response.code, response.headers["cache-control"]) == (404, "NOT_FOUND", "no-store")
    return {name: value for name, value in response.json.items() if name != "requestId"}


def test_unknown_users_and_pictures_get_the_same_404(call: Api, ann: Person, bob: Person) -> None:
    url = change(call, ann, data_url(PNG))
    picture_id = url.rpartition("/")[2]
    answers = []

    for user_id, name in (
        (ann.id, "x" * 22),
        (bob.id, picture_id),
        ("x" * 36, picture_id),
        (ann.id.upper(), picture_id),
    ):
        answers.append(not_found(call(SEND, user_id=user_id, picture_id=name)))
        assert call.aws_operations == ["BatchGetItem"]
    answers.append(not_found(call(SEND, user_id="x" * 3000, picture_id=picture_id)))
    assert call.aws_operations == []  # DynamoDB refuses keys of more than 2048 bytes
    strange = ("ü", "%2e%2e", "x")
    answers += [not_found(call(SEND, user_id=user_id, picture_id=picture_id)) for user_id in strange]

    assert answers == [answers[0]] * 8


def test_cookies_and_origins_make_no_difference(call: Api, ann: Person) -> None:
    url = change(call, ann, data_url(PNG))
    strange: dict[str, Any] = {"cookies": [ann.cookie], "headers": {"origin": "https://evil.example"}}

    with_cookie = get_picture(call, url, **strange)

    assert with_cookie.text == get_picture(call, url).text
    assert with_cookie.cookies == []


def test_only_rows_of_pictures_are_requested(call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its permission says: `dynamodb:LeadingKeys` begin with PICTURE#."""
    url, dynamodb = change(call, ann, data_url(PNG)), layer("dynamodb")
    real = dynamodb._batch_get_item
    keys: list[str] = []

    def record(request: dict[str, Any]) -> Any:
        keys.extend(key["pk"]["S"] for table in request.values() for key in table["Keys"])
        return real(request)

    monkeypatch.setattr(dynamodb, "_batch_get_item", record)
    get_picture(call, url)
    call(SEND, user_id="KEYRING", picture_id="x")

    assert keys == [f"PICTURE#{ann.id}", "PICTURE#KEYRING"]


# -- Sign-up ----------------------------------------------------------------------


def test_a_picture_of_a_sign_up_is_there_with_the_user(call: Api, settings: Callable[..., None]) -> None:
    settings(require_email_verification="false")

    response = sign_up(call, NEW, image=data_url(noise()))

    assert call.aws_operations == ["BatchGetItem", "TransactWriteItems"]
    user = response.json["user"]
    assert user["image"].startswith(f"{ORIGIN}/api/auth/picture/{user['id']}/")
    assert image_of(call, response.json["token"]) == user["image"]
    assert picture_at(call, user["image"]) == ("image/png", noise())


def test_it_waits_for_the_verification_apart_from_what_mails_and_sign_ins_read(
    call: Api, cloud: Cloud, mailbox: Mailbox
) -> None:
    url = sign_up(call, NEW, image=data_url(noise())).json["user"]["image"]
    operations = call.aws_operations
    mailbox.deliver()
    (token,) = (row for row in rows(cloud, "TokensTable") if row["purpose"] == "verify-email")

    assert operations == ["PutItem", "BatchGetItem", "PutItem"]
    assert (token["image"], len(str(token)) < 2000) == (url, True)
    assert (get_picture(call, url).status, len(waiting(cloud)), pictures(cloud)) == (404, 1, [])
    assert verify(call, mailbox.last.token).status == 200
    assert picture_at(call, url) == ("image/png", noise())
    assert sign_in(call, NEW).json["user"]["image"] == url


def test_a_waiting_picture_is_deleted_with_its_sign_up(call: Api, cloud: Cloud) -> None:
    sign_up(call, NEW, image=data_url(PNG))

    (picture,) = waiting(cloud)
    (token,) = (row for row in rows(cloud, "TokensTable") if row["purpose"] == "verify-email")
    assert abs(int(picture["delete_at"]) - int(token["delete_at"])) <= 1


def test_the_latest_sign_up_has_its_own_picture(call: Api, cloud: Cloud, mailbox: Mailbox) -> None:
    first = sign_up(call, NEW, image=data_url(JPEG)).json["user"]["image"]
    last = sign_up(call, NEW, image=data_url(PNG)).json["user"]["image"]
    assert len(waiting(cloud)) == 1
    verify(call, mailbox.last.token)

    assert get_picture(call, first).status == 404
    assert picture_at(call, last) == ("image/png", PNG)


@pytest.mark.parametrize("later", [None, LINK])
def test_a_later_sign_up_without_a_picture_has_none(
    call: Api, mailbox: Mailbox, cloud: Cloud, later: str | None
) -> None:
    sign_up(call, NEW, image=data_url(JPEG))
    sign_up(call, NEW, image=later)
    verify(call, mailbox.last.token)

    assert (sign_in(call, NEW).json["user"]["image"], pictures(cloud)) == (later, [])


def test_a_sign_up_is_completed_without_a_picture_that_is_gone(call: Api, cloud: Cloud, mailbox: Mailbox) -> None:
    """TTL may have removed its row before."""
    sign_up(call, NEW, image=data_url(PNG))
    cloud.client("dynamodb").delete_item(
        TableName="TokensTable", Key={"subject": {"S": f"EMAIL#{NEW}"}, "purpose": {"S": "picture"}}
    )

    assert verify(call, mailbox.last.token).status == 200
    assert (sign_in(call, NEW).json["user"]["image"], pictures(cloud)) == (None, [])


def test_the_picture_of_another_sign_up_for_the_address_is_not_taken(call: Api, cloud: Cloud, mailbox: Mailbox) -> None:
    """It may have come between the writes of the picture and of the sign-up."""
    sign_up(call, NEW, image=data_url(PNG))
    pictures_of = layer("accounts.waiting_pictures")
    pictures_of.store_waiting(NEW, pictures_of.Picture(picture_id="x" * 22, media_type="image/png", content=PNG))

    assert verify(call, mailbox.last.token).status == 200
    assert (sign_in(call, NEW).json["user"]["image"], pictures(cloud)) == (None, [])


def test_a_sign_up_that_is_completed_by_a_reset_has_no_picture(call: Api, cloud: Cloud, mailbox: Mailbox) -> None:
    """Nor a name: whoever has the mailbox begins anew."""
    sign_up(call, NEW, image=data_url(PNG))
    reset_password(call, request_reset(call, mailbox, NEW), "battery horse correct")

    assert sign_in(call, NEW, "battery horse correct").json["user"]["image"] is None
    assert pictures(cloud) == []


def test_a_password_chosen_with_the_link_drops_the_picture(call: Api, cloud: Cloud, mailbox: Mailbox) -> None:
    """As it drops the name: both may be a stranger's."""
    sign_up(call, NEW, image=data_url(PNG))
    body = {"token": mailbox.last.token, "password": "battery horse correct"}

    assert call("POST /api/auth/verify-email", json=body).json["user"]["image"] is None
    assert pictures(cloud) == []


def test_a_taken_address_gets_the_same_response_after_the_same_calls(call: Api, ann: Person, cloud: Cloud) -> None:
    seen = []
    for email in (NEW, ann.email):
        response = sign_up(call, email, image=data_url(PNG))
        operations, user = call.aws_operations, response.json["user"]
        assert get_picture(call, user["image"]).status == 404
        seen.append((response.status, operations, list(user), user["image"].count(user["id"]), len(user["image"])))

    assert seen[0] == seen[1]
    assert pictures(cloud) == []


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_text_is_no_picture(call: Api, cloud: Cloud, nothing: str | None) -> None:
    """A form with a picture that was not chosen sends it."""
    response = sign_up(call, NEW, image=nothing)

    assert (response.status, response.json["user"]["image"]) == (200, None)
    assert call.aws_operations == ["BatchGetItem", "PutItem"]
    assert waiting(cloud) == []
