"""Bodies of what turns the second factor on and off."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StringConstraints

from gatehouse.api_model import ApiModel, ResponseModel
from gatehouse.second_factor.enrolment import Enrolment


class OwnerRequest(ApiModel):
    """A change that takes the password, or of a user who has none a code."""

    password: str | None = None
    code: str | None = Field(default=None, max_length=64)


class EnableRequest(OwnerRequest):
    """The method to turn on; `issuer` is the name that the app shows, and `qr_code` asks for an image."""

    method: Literal["totp", "otp"] = "totp"
    issuer: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=r"^[^:\x00-\x1f]*$")] = ""
    qr_code: StrictBool = False


class TotpUri(ResponseModel):
    """What an app reads, and its QR code as the data URL of an image, where that was asked for."""

    totp_uri: str
    qr_code: str | None = Field(default=None, exclude_if=lambda image: image is None)

    @classmethod
    def showing(cls, uri: str, *, with_image: bool) -> Self:
        """Return the body for a URI."""
        return cls(totp_uri=uri, qr_code=_qr_code(uri) if with_image else None)


class AppSetup(TotpUri):
    """What a user needs to set up an app, shown once."""

    method: str
    backup_codes: list[str]

    @classmethod
    def for_user(cls, enrolment: Enrolment, *, with_image: bool) -> Self:
        """Return the body for a new secret."""
        image = _qr_code(enrolment.uri) if with_image else None
        return cls(method="totp", totp_uri=enrolment.uri, backup_codes=enrolment.backup_codes, qr_code=image)


class MethodBody(ResponseModel):
    """The method that is active now."""

    method: str


class BackupCodes(ResponseModel):
    """New backup codes, shown once."""

    status: bool = True
    backup_codes: list[str]


def _qr_code(uri: str) -> str:
    """Return a QR code as the data URL of an SVG image, black on white: inverted, many apps cannot read it."""
    import segno  # noqa: PLC0415 -- 158 ms, for those who want an image

    image: str = segno.make(uri, error="m").svg_data_uri(scale=4, border=4, light="#fff")
    return image
