"""Deploy a stage: ask for its parameters, store them in samconfig.toml, check them, build, and run SAM."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from gatehouse_dev.template_file import DEFAULT_PATH

CONFIGURATION = DEFAULT_PATH.parent / "samconfig.toml"
COUNTRIES = {"ac", "co", "com", "edu", "gov", "net", "or", "org"}  # such as co.uk
CHOICE = """
How do browsers authenticate?
  1  Cookies, same site: frontend and API are below the same domain (app.example.com, api.example.com). SameSite=Lax.
  2  Cookies, cross-site: the frontend is on another domain. SameSite=None, Secure, Partitioned.
  3  Bearer tokens: the frontend stores the token and sends it as `Authorization: Bearer`.
1, 2 or 3: """
WARNING = """\
WARNING: {host} and {api} are different sites, and cookies are SameSite={same_site}:
         browsers will not send them from there. Set DomainName to a name below the same domain, or set
         CookieSameSite=none, or use bearer tokens only.
"""

type Prompt = Callable[[str], str]
type Parameters = dict[str, str]


def deploy(stage: str, folder: Path = DEFAULT_PATH.parent, **environment: str) -> int:
    """Validate, build and deploy what is in a folder; returns the exit code of the step that failed, or 0."""
    sam, of_stage = (sys.executable, "-m", "samcli"), ("--config-env", stage)
    # `sam build` needs the template's Python on the path, and does not work with a pyenv shim.
    path = os.pathsep.join((f"{sys.base_prefix}/bin", os.environ.get("PATH", os.defpath)))
    for command in (
        (*sam, "validate", *of_stage),
        (*sam, "build", *of_stage),
        (sys.executable, "-m", "gatehouse_dev.prepare_build", ".aws-sam/build"),
        (*sam, "deploy", *of_stage),
    ):
        variables = os.environ | {"PATH": path, "SAM_CLI_TELEMETRY": "0"} | environment
        done = subprocess.run(command, cwd=folder, env=variables, check=False)  # noqa: S603 -- ours
        if done.returncode:
            return done.returncode
    return 0


def prepare(stage: str, ask: Prompt = input, path: Path = CONFIGURATION) -> int:
    """Ask for missing parameters and print warnings; returns the exit code."""
    parameters = load_parameters(path, stage)
    if "MailFrom" not in parameters:
        try:
            parameters |= ask_parameters(ask)
        except EOFError:
            sys.stderr.write(f"{path.name} has no MailFrom for {stage}, and there is no terminal to ask\n")
            return 2
        save_parameters(path, stage, parameters)
        sys.stdout.write(f"Saved in {path.name}, in [{stage}.global.parameters].\n")
    sys.stderr.writelines(warnings(parameters))
    return 0


def ask_parameters(ask: Prompt) -> Parameters:
    """Ask for all parameters; repeat the question about cookies while the answer cannot work."""
    answers = {"MailFrom": _ask_required(ask, "Sender address of mails (no-reply@example.com): ")}
    answers["FrontendUrl"] = ask("URL of the frontend (https://app.example.com; empty: the hosted pages): ").strip()
    if origin := _origin(answers["FrontendUrl"]):
        answers["CorsOrigins"] = origin
    answers["DomainName"] = ask("Domain name of the API (api.example.com; empty: the default of API Gateway): ").strip()
    if answers["DomainName"]:
        answers["BaseUrl"] = f"https://{answers['DomainName']}"
        answers["HostedZoneId"] = ask("Id of its hosted zone in Route 53 (empty: DNS is elsewhere): ").strip()
    answers["AlarmEmail"] = ask("Email address for alarms (empty: none): ").strip()
    return {name: value for name, value in (answers | _ask_cookies(ask, answers)).items() if value}


def _ask_required(ask: Prompt, question: str) -> str:
    while not (answer := ask(question).strip()):
        pass
    return answer


def _ask_cookies(ask: Prompt, answers: Parameters) -> Parameters:
    while True:
        match ask(CHOICE).strip():
            case "1":
                problems = list(warnings(answers | {"CookieSameSite": "lax"}))
                if not problems:
                    return {"CookieSameSite": "lax"}
                sys.stderr.writelines(problems)
            case "2":
                return {"CookieSameSite": "none"}
            case "3":
                return {"CookieSameSite": "lax"}


def warnings(parameters: Mapping[str, str]) -> Iterator[str]:
    """Yield a warning for each frontend that would get no cookies."""
    same_site = parameters.get("CookieSameSite", "lax")
    api = parameters.get("DomainName") or "the default domain of API Gateway"
    frontends = (parameters.get("FrontendUrl", ""), *parameters.get("CorsOrigins", "").split(","))
    for host in dict.fromkeys(urlsplit(url.strip()).hostname or "" for url in frontends):
        if host and same_site != "none" and not is_same_site(host, parameters.get("DomainName", "")):
            yield WARNING.format(host=host, api=api, same_site=same_site.title())


def is_same_site(one: str, other: str) -> bool:
    """Whether two hosts share a registrable domain, judged by their names."""
    return bool(other) and _site(one) == _site(other)


def _site(host: str) -> str:
    labels = host.lower().rstrip(".").split(".")
    of_a_country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in COUNTRIES  # noqa: PLR2004 -- example.co.uk
    return ".".join(labels[-3:] if of_a_country else labels[-2:])


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def load_parameters(path: Path, stage: str) -> Parameters:
    """Return the stage's parameters in samconfig.toml."""
    overrides = tomllib.loads(path.read_text(encoding="utf-8"))[stage]["global"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in overrides)


def save_parameters(path: Path, stage: str, parameters: Mapping[str, str]) -> None:
    """Write the stage's parameters to samconfig.toml; the rest of the file stays unchanged."""
    text = path.read_text(encoding="utf-8")
    section = re.compile(rf"(\[{stage}\.global\.parameters\]\n[^\[]*?parameter_overrides = )\[[^\]]*\]")
    pairs = json.dumps([f"{name}={value}" for name, value in parameters.items()])
    path.write_text(section.sub(lambda found: found[1] + pairs, text), encoding="utf-8")
