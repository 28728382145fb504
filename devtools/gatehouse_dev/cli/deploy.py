"""The command `gatehouse deploy`."""

from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer()


class Stage(StrEnum):
    """The stages of samconfig.toml."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


@app.command()
def deploy(
    stage: Annotated[Stage, typer.Argument(metavar="STAGE", help="dev, staging or prod.", show_default=False)],
) -> None:
    """Build, validate and deploy a stage: `make deploy`.

    Asks once for missing parameters, and saves them in samconfig.toml.
    """
    from gatehouse_dev import deploying

    raise typer.Exit(deploying.prepare(stage) or deploying.deploy(stage))
