"""The command `gatehouse`.

Commands import what they need when they run: `gatehouse --help` and completion load nothing but typer.
"""

from typing import NoReturn

import typer

from gatehouse_dev.cli import deploy, doctor, import_users, keys, local, mail, users

app = typer.Typer(
    help="Run Gatehouse on this machine, deploy it, and look after its users, mails and keys.",
    epilog="See docs/operating.md and docs/local.md.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain text, in half the time
    pretty_exceptions_enable=False,  # local variables may be secrets
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.add_typer(local.app)
app.add_typer(deploy.app)
app.add_typer(doctor.app)
app.add_typer(users.app, name="users")
app.add_typer(mail.app, name="mail")
app.add_typer(keys.app, name="keys")
app.add_typer(import_users.app)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run one command; exits with its code."""
    app(arguments, prog_name="gatehouse")
    raise SystemExit  # typer has exited before
