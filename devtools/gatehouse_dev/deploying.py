"""Ask for the parameters of a stage, store them in samconfig.toml, and check them before each deployment."""

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from gatehouse_dev.template_file import DEFAULT_PATH

CONFIGURATION = DEFAULT_PATH.parent / "samconfig.toml"
STAGES = ("dev", "staging", "prod")
COUNTRIES = {"ac", "co", "com", "edu", "gov", "net", "or", "org"}  # as in co.uk, which belongs to nobody
CHOICE = """
How do browsers prove who they are?
  1  Cookies on one site: frontend and API lie below the same domain (app.example.com, api.example.com). SameSite=Lax.
  2  Cookies across sites: the frontend is anywhere else. SameSite=None, Secure, Partitioned.
  3  No cookies: the frontend keeps the token and sends it as `Authorization: Bearer`.
1, 2 or 3: """
WARNING = """\
WARNING: {host} is another site than {api}, and cookies are SameSite={same_site}:
         browsers will not send them from there. Give the API a name below the same domain (DomainName), or set
         CookieSameSite=none, or use bearer tokens alone.
"""

type Prompt = Callable[[str], str]
type Parameters = dict[str, str]


def main(arguments: list[str], ask: Prompt = input, path: Path = CONFIGURATION) -> int:
    """Ask for missing parameters and print warnings; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in STAGES:
        sys.stderr.write(f"usage: make deploy STAGE={'|'.join(STAGES)}\n")
        return 2
    (stage,) = arguments
    parameters = load_parameters(path, stage)
    if "MailFrom" not in parameters:
        try:
            parameters |= ask_parameters(ask)
        except EOFError:
            sys.stderr.write(f"{path.name} has no MailFrom for {stage}, and there is nobody to ask\n")
            return 2
        save_parameters(path, stage, parameters)
        sys.stdout.write(f"Kept in {path.name}, below [{stage}.global.parameters].\n")
    sys.stderr.writelines(warnings(parameters))
    return 0


def ask_parameters(ask: Prompt) -> Parameters:
    """Ask all questions; a cookie setting that cannot work is asked again."""
    answers = {"MailFrom": _ask_required(ask, "Mail comes from (no-reply@example.com): ")}
    answers["FrontendUrl"] = ask("The frontend's URL (https://app.example.com; empty: the pages of our own): ").strip()
    if origin := _origin(answers["FrontendUrl"]):
        answers["CorsOrigins"] = origin
    answers["DomainName"] = ask("The API's own name (api.example.com; empty: API Gateway's): ").strip()
    if answers["DomainName"]:
        answers["BaseUrl"] = f"https://{answers['DomainName']}"
        answers["HostedZoneId"] = ask("Its zone in Route 53 (empty: DNS is elsewhere): ").strip()
    answers["AlarmEmail"] = ask("Alarms are mailed to (empty: nobody): ").strip()
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
    api = parameters.get("DomainName") or "the name that API Gateway gives"
    frontends = (parameters.get("FrontendUrl", ""), *parameters.get("CorsOrigins", "").split(","))
    for host in dict.fromkeys(urlsplit(url.strip()).hostname or "" for url in frontends):
        if host and same_site != "none" and not is_same_site(host, parameters.get("DomainName", "")):
            yield WARNING.format(host=host, api=api, same_site=same_site.title())


def is_same_site(one: str, other: str) -> bool:
    """Whether two hosts share a registrable domain, as far as their names tell."""
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
