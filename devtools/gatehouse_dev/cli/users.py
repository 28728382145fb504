"""The commands `gatehouse users …`."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from gatehouse_dev import console
from gatehouse_dev.cli.service import Service, Who, Yes, confirm, on_service

INDENT = 12
WIDE = 1_000  # a line is not broken; the terminal does that

app = typer.Typer(help="List, show and change users.", no_args_is_help=True)


@app.command("list")
@on_service
def list_users(
    service: Service,
    *,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Stop after so many users.")] = 50,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Go on after the user with this id.")] = None,
    email_contains: Annotated[str | None, typer.Option(metavar="TEXT", help="Such as @example.com.")] = None,
    unverified: Annotated[bool, typer.Option("--unverified", help="Only users without a verified address.")] = False,
    disabled: Annotated[bool, typer.Option("--disabled", help="Only disabled users.")] = False,
    two_factor: Annotated[
        bool | None, typer.Option("--two-factor/--no-two-factor", help="Only users with a second factor, or without.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="Only users created since then, in UTC.")] = None,
) -> None:
    """List users, page by page.

    Prints id, address, whether it is verified, whether the user is disabled or has a second factor, and since when
    there is one. The order is that of the table, a hash of the ids. Sign-ups that are not verified yet are no users:
    see `show`.

    Scans the table of users, and pays for what it reads on the way: with a filter that few users pass, the whole table.
    A GB, such as a million users without pictures, takes about two cents and two minutes.
    """
    from gatehouse_dev.admin.listing import Wanted, list_users

    wanted = Wanted(
        email_contains=email_contains,
        unverified=unverified,
        disabled=disabled,
        two_factor=two_factor,
        since=since and since.replace(tzinfo=since.tzinfo or UTC),
    )
    found = list_users(wanted, limit=limit, after=after)
    if service.as_json:
        for user in found:
            console.say(json.dumps(user))
    else:
        _print_table(list(found), limit)


@app.command()
@on_service
def show(service: Service, who: Who) -> None:
    """Show profile, sessions, pending sign-up and mails.

    Prints profile, sign-in methods, active sessions, a pending sign-up, and mails that are pending or failed; no hash
    and no token.
    """
    from gatehouse_dev.admin import accounts, users

    facts = accounts.describe(users.find_account(who))
    for line in [json.dumps(facts)] if service.as_json else map(console.printable, _lines(facts)):
        console.say(line)


@app.command()
@on_service
def disable(service: Service, who: Who, *, yes: Yes = False) -> None:
    """Disable a user.

    Sessions and mailed links end at once. Asks for confirmation.
    """
    from gatehouse_dev.admin import users

    profile = users.find_profile(who)
    confirm(f"This disables {profile.email} and ends all their sessions and mailed links.", profile.email, yes=yes)
    service.report([users.disable(profile, service.actor)])


@app.command()
@on_service
def enable(service: Service, who: Who) -> None:
    """Enable a user again.

    Earlier sessions stay ended.
    """
    from gatehouse_dev.admin import users

    service.report([users.enable(users.find_profile(who), service.actor)])


@app.command()
@on_service
def sign_out(service: Service, who: Who, *, yes: Yes = False) -> None:
    """End every session of a user.

    Asks for confirmation.
    """
    from gatehouse_dev.admin import users

    profile = users.find_profile(who)
    confirm(f"This ends all sessions of {profile.email}.", profile.email, yes=yes)
    service.report([users.sign_out(profile, service.actor)])


@app.command()
@on_service
def reset_two_factor(service: Service, who: Who, *, yes: Yes = False) -> None:
    """Turn off the second factor of a user who lost it.

    Ends all sessions and the trust in devices, and tells the user by mail. Asks for confirmation twice: whoever talks
    an operator into it needs the password alone.
    """
    from gatehouse_dev.admin import users

    profile = users.find_profile(who)
    confirm(f"This turns off the second factor of {profile.email} and ends all their sessions.", profile.email, yes=yes)
    confirm("Has the user shown, by something other than the mailbox, who they are?", yes=yes)
    service.report([users.reset_two_factor(profile, service.actor, service.target.base_url)])


@app.command()
@on_service
def delete(service: Service, who: Who, *, yes: Yes = False) -> None:
    """Delete a user and all data.

    A background function erases the data. Asks for confirmation.
    """
    from gatehouse_dev.admin import users

    profile = users.find_profile(who)
    confirm(f"This deletes {profile.email} and all their data permanently.", profile.email, yes=yes)
    service.report([users.delete(profile, service.actor)])


@app.command()
@on_service
def resend(service: Service, who: Who) -> None:
    """Mail the verification link again.

    It is the same link while that works. Rate limits do not apply.
    """
    from gatehouse_dev.admin import users

    service.report([users.resend(who, service.actor, service.target.base_url)])


@app.command()
@on_service
def allow_mail(
    service: Service,
    who: Annotated[
        str, typer.Argument(metavar="WHO", help="An address, a user's id, or @example.com.", show_default=False)
    ],
) -> None:
    """Allow mail again to an address that bounced.

    With @example.com, to all addresses of a domain that bounced, by a scan of the table of tokens.
    """
    from gatehouse_dev.admin import users

    service.report(users.allow_mail(who, service.actor))


def _print_table(users: list[dict[str, Any]], limit: int) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("ID", "EMAIL", "VERIFIED", "DISABLED", "2FA", "CREATED"):
        table.add_column(heading, no_wrap=True, overflow="ignore")
    for user in users:
        facts = (_word(user[name]) for name in ("emailVerified", "disabled", "twoFactorEnabled"))
        cells = (user["id"], user["email"], *facts, user["createdAt"])
        table.add_row(*map(console.printable, cells))
    Console(width=WIDE, highlight=False, markup=False, emoji=False).print(table)
    if len(users) == limit:
        sys.stderr.write(f"There may be more: --after {users[-1]['id']}\n")


def _lines(facts: Any) -> Iterator[str]:
    """Yield the facts about a user, one on each line."""
    if user := facts["user"]:
        yield _fact("user", user["id"])
        yield _fact("address", f"{user['email']}, {'verified' if user['emailVerified'] else 'not verified'}")
        yield _fact("name", user["name"] or "none")
        yield _fact("image", user["image"] or "none")
        yield _fact("disabled", _word(user["disabled"]))
        yield _fact("2nd factor", {"totp": "app", "otp": "mailed codes"}.get(user["twoFactor"], "none"))
        yield _fact("reminders", f"{'on' if user['taskReminders'] else 'off'}, {user['timeZone']}")
        yield _fact("created", user["createdAt"])
        yield _fact("changed", user["updatedAt"])
    for method in facts["signInMethods"]:
        named = method.get("accountId") or method.get("name")
        since = f", since {method['createdAt']}" if "createdAt" in method else ""
        yield _fact("sign-in", f"{method['provider']}{f' {named}' if named else ''}{since}")
    for session in facts["sessions"]:
        client = f"{session['ipAddress']} {session['userAgent']}".rstrip()
        times = f"since {session['createdAt']}, until {session['expiresAt']}"
        yield _fact("session", f"{session['id']} {times}, {client}".rstrip(" ,"))
    for device in facts["trustedDevices"]:
        client = f"{device['ipAddress']} {device['userAgent']}".rstrip()
        yield _fact("trusted", f"used {device['usedAt']}, until {device['expiresAt']}, {client}".rstrip(" ,"))
    if sign_up := facts["signUp"]:
        until = f"since {sign_up['createdAt']}, until {sign_up['expiresAt']}"
        yield _fact("sign-up", f"{sign_up['email']} is not verified yet, {until}")
    if stopped := facts["mailStopped"]:
        yield _fact("mail", f"not sent since {stopped['since']}, because of a {stopped['reason']}")
    for mail in facts["mails"]:
        tries = f"{mail['attempts']} attempts, since {mail['createdAt']}"
        yield _fact("mail", f"{mail['purpose']} to {mail['email']} {mail['state']}, {tries}")


def _fact(name: str, value: str) -> str:
    return f"{name:{INDENT}}{value}"


def _word(truth: bool) -> str:  # noqa: FBT001 -- it is all there is
    return "yes" if truth else "no"
