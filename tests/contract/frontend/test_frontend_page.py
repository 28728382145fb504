"""docs/frontend.md, run: its snippets are taken from the page, checked by tsc, and loaded by pages at several origins.

`jwt.test.mjs` tries the snippet `jwt.ts` with the settings named `home`; `auth.far.test.mjs` has those named `far`.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import pytest

from gatehouse_dev.template_file import parse_template
from tests.contract import node
from tests.support.layout import ROOT
from tests.support.service import running_service

HERE = Path(__file__).parent
PACKAGES = HERE.parent / "node_modules"
PAGE = (ROOT / "docs/frontend.md").read_text(encoding="utf-8")
LOCAL = "http://localhost:3000"  # where the page's snippets look for the service
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHOP = "https://shop.example"
SETTINGS = {
    "home": {
        "cors_origins": f"http://localhost:5173,{SHOP}",
        "access_token_lifetime": "55",
        "session_update_age": "0",
        "rate_limits": "on",
        "rate_limit_sign_in": "1000/1",
        "rate_limit_mail": "1/25",
        "rate_limit_mail_address": "1000/1",
    },
    "far": {
        "cors_origins": f"{SHOP},https://other.example",
        "cookie_same_site": "none",
        "secure_cookies": "on",
        "require_email_verification": "false",
    },
}
pytestmark = [
    pytest.mark.skipif(
        not (node.NODE and (PACKAGES / "typescript-native").is_dir()),
        reason="NO NODE: docs/frontend.md WAS NOT RUN; install Node 20 or later and npm",
    ),
    pytest.mark.xdist_group("frontend"),
]


def scripts() -> list[str]:
    """Each file that tries a snippet."""
    return sorted(path.name for path in HERE.glob("*.test.mjs"))


def snippets() -> dict[str, str]:
    """The TypeScript of the page, by the file names in its first lines."""
    blocks = [text for language, text in FENCE.findall(PAGE) if language == "ts"]
    return {re.match(r"// (\w+\.ts)\n", text)[1]: text for text in blocks}  # type: ignore[index] # else the page is wrong


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The snippets as JavaScript, after the page's own commands, in a folder like a frontend's."""
    folder = tmp_path_factory.mktemp("frontend")
    (folder / "node_modules").symlink_to(PACKAGES)
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(ROOT / "docs/openapi.json", folder)
    for name in ("tsconfig.json", "wrong.ts"):
        shutil.copy(HERE / name, folder)
    for name, text in snippets().items():
        (folder / name).write_text(text, encoding="utf-8")
    commands = [text for language, text in FENCE.findall(PAGE) if language == "sh"]
    for command in (*commands, "node node_modules/typescript-native/bin/tsc"):
        run = subprocess.run(["bash", "-euc", command], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603, S607 -- ours
        assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest, compiled: Path) -> Iterator[node.Outcome]:
    """How a file went: they have all begun, with the snippets for their service, when the first one is asked for."""

    @contextmanager
    def place(settings: str) -> Iterator[node.Place]:
        folder = compiled / settings
        folder.mkdir()
        with running_service(**SETTINGS[settings]) as service:
            for script in compiled.glob("*.js"):
                text = re.sub(r'(from "\./\w+)"', r'\1.js"', script.read_text(encoding="utf-8"))
                (folder / script.name).write_text(text.replace(LOCAL, service.url), encoding="utf-8")
            yield node.Place(service=service, variables={"SNIPPETS": str(folder)}, turn=Lock())

    with node.running([HERE / script for script in node.chosen(request)], "home", place) as outcome:
        yield outcome


@pytest.mark.parametrize("script", scripts())
def test_the_pages_snippets_do_what_it_says(outcome: node.Outcome, script: str) -> None:
    """Each file tries what the page promises of a snippet, against the running service."""
    outcome(script)


def test_every_snippet_is_tried() -> None:
    """No block of the page is left out, whatever it is written in."""
    tried = "".join((HERE / script).read_text(encoding="utf-8") for script in scripts())

    assert {language for language, _ in FENCE.findall(PAGE)} == {"sh", "ts"}
    assert {f"{name}.ts" for name in re.findall(r'snippet\("(\w+)"', tried)} == set(snippets())


def test_every_setting_that_the_page_names_exists() -> None:
    """`Name=value` is a parameter of the template, and a value that it may have."""
    parameters = dict(parse_template(ROOT / "template.yaml"))["Parameters"]
    named = re.findall(r"`([A-Z][a-z]\w+)=([^`]+)`", PAGE)

    assert named
    for name, value in named:
        assert value in parameters[name].get("AllowedValues", [value]), name
