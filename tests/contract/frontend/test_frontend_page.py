"""Tests of the snippets in docs/frontend.md: extracted, checked by tsc, and loaded by pages of several origins.

`jwt.test.mjs` uses the settings named `same_site`, `auth.cross_site.test.mjs` those named `cross_site`.
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
LOCAL = "http://localhost:3000"  # the service's URL in the snippets
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHOP = "https://shop.example"
SETTINGS = {
    "same_site": {
        "cors_origins": f"http://localhost:5173,{SHOP}",
        "trusted_origins": "myapp://",
        "access_token_lifetime": "55",
        "session_update_age": "0",
        "rate_limits": "on",
        "rate_limit_sign_in": "1000/1",
        "rate_limit_mail": "1/25",
        "rate_limit_mail_address": "1000/1",
    },
    "proof": {"cors_origins": "http://localhost:5173", "verification_proof": "password"},
    "cross_site": {
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
    """Return the scripts that test snippets."""
    return sorted(path.name for path in HERE.glob("*.test.mjs"))


def snippets() -> dict[str, str]:
    """Return the page's TypeScript blocks by the file names in their first lines."""
    blocks = [text for language, text in FENCE.findall(PAGE) if language == "ts"]
    return {re.match(r"// (\w+\.ts)\n", text)[1]: text for text in blocks}  # type: ignore[index] # fails if a block has no name


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the snippets compiled to JavaScript, by the page's own commands."""
    folder = tmp_path_factory.mktemp("frontend")
    (folder / "node_modules").symlink_to(PACKAGES)
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(ROOT / "docs/openapi.json", folder)
    for name in ("tsconfig.json", "wrong.ts", "device.d.ts"):
        shutil.copy(HERE / name, folder)
    for name, text in snippets().items():
        (folder / name).write_text(text, encoding="utf-8")
    commands = [text for language, text in FENCE.findall(PAGE) if language == "sh"]
    for command in (*commands, "node node_modules/typescript-native/bin/tsc"):
        run = subprocess.run(["bash", "-euc", command], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603, S607 -- ours
        assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture(scope="module")
def check_script(request: pytest.FixtureRequest, compiled: Path) -> Iterator[node.Check]:
    """Run all scripts with the snippets for their service. Call it with a script to fail if that failed."""

    @contextmanager
    def environment(settings: str) -> Iterator[node.Environment]:
        folder = compiled / settings
        folder.mkdir()
        with running_service(**SETTINGS[settings]) as service:
            for script in compiled.glob("*.js"):
                text = re.sub(r'(from "\./\w+)"', r'\1.js"', script.read_text(encoding="utf-8"))
                (folder / script.name).write_text(text.replace(LOCAL, service.url), encoding="utf-8")
            yield node.Environment(service=service, variables={"SNIPPETS": str(folder)}, lock=Lock())

    with node.running([HERE / script for script in node.selected_scripts(request)], "same_site", environment) as check:
        yield check


@pytest.mark.parametrize("script", scripts())
def test_the_snippets_of_the_page_work(check_script: node.Check, script: str) -> None:
    """Each script tests a snippet against the running service."""
    check_script(script)


def test_every_snippet_is_tested() -> None:
    """The page has no other code blocks."""
    tests = "".join((HERE / script).read_text(encoding="utf-8") for script in scripts())

    assert {language for language, _ in FENCE.findall(PAGE)} == {"sh", "ts"}
    assert {f"{name}.ts" for name in re.findall(r'snippet\("(\w+)"', tests)} == set(snippets())


def test_every_setting_that_the_page_names_exists() -> None:
    """`Name=value` is a parameter of the template with an allowed value."""
    parameters = dict(parse_template(ROOT / "template.yaml"))["Parameters"]
    settings = re.findall(r"`([A-Z][a-z]\w+)=([^`]+)`", PAGE)

    assert settings
    for name, value in settings:
        assert value in parameters[name].get("AllowedValues", [value]), name
