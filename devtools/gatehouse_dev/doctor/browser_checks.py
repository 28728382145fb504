"""What browsers need of the API: CORS, and cookies that they send."""

from urllib.parse import urlsplit

from gatehouse_dev.deploying import is_same_site
from gatehouse_dev.doctor.deployment import Deployment, origin
from gatehouse_dev.doctor.findings import Finding, Findings, ok, problem, warning
from gatehouse_dev.doctor.http_probe import Answer, send

PATH, METHOD = "/api/auth/get-session", "POST"
HEADERS = ("authorization", "content-type")


def _frontends(deployment: Deployment) -> list[str]:
    """Return the origins of frontends on other hosts than the API's."""
    given = [origin(deployment.parameter("FrontendUrl")), *deployment.items("CorsOrigins")]
    own = {origin(deployment.public_url), origin(deployment.api_url)}
    return [one for one in dict.fromkeys(given) if one and one not in own]


def cors(deployment: Deployment) -> Findings:
    """Whether the API answers the preflights of all frontends."""
    listed = deployment.items("CorsOrigins")
    frontends = _frontends(deployment)
    if not frontends:
        yield ok("There is no frontend on another host, so CORS is not needed.")
    for frontend in frontends:
        if frontend not in listed:
            missing = (
                f"FrontendUrl is at {frontend}, which CorsOrigins does not list: its scripts cannot read responses."
            )
            yield problem(missing, *deployment.set(f"CorsOrigins={','.join([*listed, frontend])}"))
            continue
        answer = send(
            "OPTIONS",
            f"{deployment.api_url}{PATH}",
            origin=frontend,
            access_control_request_method=METHOD,
            access_control_request_headers=",".join(HEADERS),
        )
        yield _preflight(deployment, frontend, answer)


def _preflight(deployment: Deployment, frontend: str, answer: Answer) -> Finding:
    allowed = {
        name: {item.strip().lower() for item in answer.headers.get(f"access-control-allow-{name}", "").split(",")}
        for name in ("methods", "headers")
    }
    complaints = [
        "its origin" if answer.headers.get("access-control-allow-origin") != frontend else "",
        "credentials" if answer.headers.get("access-control-allow-credentials") != "true" else "",
        METHOD if METHOD.lower() not in allowed["methods"] else "",
        *(name for name in HEADERS if name not in allowed["headers"]),
    ]
    refused = ", ".join(filter(None, complaints))
    if not refused:
        return ok(f"The API answers preflights of {frontend}.")
    return problem(
        f"A preflight of {frontend} is answered {answer.status} without {refused}: the API has other settings.",
        "make dev" if deployment.is_local else deployment.deploy,
    )


def cookies(deployment: Deployment) -> Findings:
    """Whether browsers send the cookies."""
    host = urlsplit(deployment.public_url).hostname or ""
    yield from _cookie_domain(deployment, host)
    same_site = deployment.parameter("CookieSameSite") or "lax"
    elsewhere = [one for one in _frontends(deployment) if not _shares_site(urlsplit(one).hostname or "", host)]
    if not elsewhere:
        yield ok(f"Frontends and the API are one site, so browsers send the cookies (SameSite={same_site}).")
    elif same_site == "none":
        yield warning(
            f"{', '.join(elsewhere)} and {host} are different sites: Safari, and browsers that block third-party "
            "cookies, send none although SameSite is none.",
            "Set DomainName to a name below the frontend's domain, or use bearer tokens (docs/deploy.md)",
        )
    else:
        yield warning(
            f"{', '.join(elsewhere)} and {host} are different sites, and cookies are SameSite={same_site}: browsers "
            "do not send them.",
            "Nothing, if the frontend uses bearer tokens; else set DomainName to a name below its domain, or:",
            *deployment.set("CookieSameSite=none"),
        )


def _shares_site(one: str, other: str) -> bool:
    return one == other or is_same_site(one, other)


def _cookie_domain(deployment: Deployment, host: str) -> Findings:
    domain = deployment.parameter("CookieDomain").lower().lstrip(".")
    if domain and host != domain and not host.endswith(f".{domain}"):
        yield problem(
            f"CookieDomain is {domain}, and the API is at {host}: browsers refuse its cookies.",
            *deployment.set("CookieDomain="),
        )
