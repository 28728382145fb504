"""The commands on this machine: `gatehouse dev`, `seed` and `openapi`."""

from pathlib import Path
from typing import Annotated

import typer

from gatehouse_dev import console
from gatehouse_dev.cli.service import fail

app = typer.Typer()


@app.command()
def dev(
    template: Annotated[
        Path | None, typer.Argument(metavar="TEMPLATE", help="Another template than the project's.", show_default=False)
    ] = None,
    *,
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="0 is any free port.")] = 3000,
    host: Annotated[str, typer.Option(envvar="HOST", help="The address to listen on.")] = "127.0.0.1",
    cloud_port: Annotated[int, typer.Option(envvar="CLOUD_PORT", min=0, max=65535, help="The port of its AWS.")] = 4566,
    cloud_host: Annotated[
        str, typer.Option(envvar="CLOUD_HOST", help="The address of its AWS: 0.0.0.0 opens it to containers.")
    ] = "127.0.0.1",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print all routes and schedules.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print logs and metrics as the functions write them.")
    ] = False,
) -> None:
    """Run the service on this machine, without AWS: `make dev`.

    Prints a line for each request: time, status, route, duration, user (the first characters of the id), and the code
    of a refusal. Settings are variables, such as GATEHOUSE_REQUIRE_EMAIL_VERIFICATION=false. Ctrl-C ends it, and all
    its data.
    """
    from gatehouse_dev import serving
    from gatehouse_dev.template_file import DEFAULT_PATH

    options = serving.Options(
        template=template or DEFAULT_PATH,
        host=host,
        port=port,
        cloud_host=cloud_host,
        cloud_port=cloud_port,
        verbose=verbose,
        json=as_json,
    )
    raise typer.Exit(serving.serve(options))


@app.command()
def seed(*, url: Annotated[str, typer.Option(help="Where the service runs.")] = "http://localhost:3000") -> None:
    """Add a demo user with tasks to the local service."""
    from gatehouse_dev import seed

    if not url.startswith(("http://", "https://")):
        fail("--url must begin with http:// or https://", 2)
    try:
        added = seed.seed(seed.Api(url=url.rstrip("/")))
    except seed.SeedFailed as error:
        fail(str(error))
    console.say(f"{seed.EMAIL} can sign in with the password {seed.PASSWORD}; {added} tasks were added.")


@app.command()
def openapi(
    *, check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if the file is outdated.")] = False
) -> None:
    """Write docs/openapi.json from the functions' routers."""
    from gatehouse_dev import openapi
    from gatehouse_dev.environment import ProcessEnvironment
    from gatehouse_dev.template import load, local_parameters

    template = load(parameters=local_parameters({}, 3000))  # the port is not in the document
    ProcessEnvironment(endpoint=None).enter(template.environment())
    text = openapi.text(openapi.document(template))
    if not check:
        openapi.FILE.write_text(text, encoding="utf-8")
    elif not openapi.FILE.exists() or openapi.FILE.read_text(encoding="utf-8") != text:
        fail("docs/openapi.json is not current: run `make openapi`")
