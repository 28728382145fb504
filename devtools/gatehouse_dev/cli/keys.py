"""The commands `gatehouse keys …`."""

from typing import Annotated

import typer

from gatehouse_dev.cli.service import Service, Yes, confirm, on_service

EMERGENCY = (
    "This makes a new key and ends every session, and invalidates access tokens, refresh tokens and mailed links."
)
KEYS_STILL_IN_USE = "The last rotation was recent: another one now ends active sessions that were signed before it."

app = typer.Typer(help="Rotate the keys that sign cookies, tokens and links.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `rotate` a command of its own although it is the only one."""


@app.command()
@on_service
def rotate(
    service: Service,
    *,
    emergency: Annotated[bool, typer.Option("--emergency", help="End every session, for a leaked secret.")] = False,
    yes: Yes = False,
) -> None:
    """Make a new key.

    The previous one stays valid, older ones end. Asks for confirmation if the last rotation is younger than a session
    may become, because sessions signed before it end. With --emergency it always asks, invalidates all other keys and
    ends every session.
    """
    from gatehouse_dev.admin import keys

    if emergency:
        confirm(EMERGENCY, yes=yes)
        service.report([keys.rotate_immediately(service.actor)])
        return
    if keys.drops_active_keys():
        confirm(KEYS_STILL_IN_USE, yes=yes)
    service.report([keys.rotate(service.actor, is_local=service.target.is_local)])
