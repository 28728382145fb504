"""The commands `gatehouse mail …`."""

import typer

from gatehouse_dev.cli.service import Service, on_service

app = typer.Typer(help="Retry mails that failed.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `redrive` a command of its own although it is the only one."""


@app.command()
@on_service
def redrive(service: Service) -> None:
    """Retry mails and erasures that failed: `make redrive`.

    Retries also what has been running for over an hour. A mail's link is valid from the next attempt on; a link that
    was used, replaced or has expired is not sent again. Scans the table of tokens.
    """
    from gatehouse_dev.admin import redrive

    service.report(redrive.redrive(service.actor), otherwise="Nothing has failed, and nothing is stuck.")
