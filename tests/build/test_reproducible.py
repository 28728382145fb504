"""The same sources give the same bytes. `make test-build` compares whole builds."""

import os
import shutil
import sys
from pathlib import Path

from samcli.lib.package.utils import make_zip_with_lambda_permissions, zip_folder
from samcli.lib.utils.hash import dir_checksum

from tests.support.layout import FUNCTIONS, LAYER, ROOT
from tests.support.processes import run_python

PREPARE = """
import sys
from pathlib import Path
from gatehouse_dev.prepare_build import prepare_own_modules
prepare_own_modules(Path(sys.argv[1]))
"""
ROUTE = """
from dataclasses import dataclass

@dataclass
class Added:
    number: "int"

@router.get("/api/added/{number}")
async def added(number: int) -> Added:
    return Added(number)
"""


def prepared(folder: Path, seed: str, added: str = "") -> dict[str, bytes]:
    """Prepare our own modules in a folder, with code added to a handler. Return all files."""
    shutil.copytree(LAYER, folder / "CommonLayer/python", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(FUNCTIONS, folder / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "template.yaml", folder)
    with (folder / "functions/tasks/create_task/handler.py").open("a") as handler:
        handler.write(added)
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'devtools'}:{LAYER}", "PYTHONHASHSEED": seed}
    run_python("-c", PREPARE, str(folder), environment=environment)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_changed_handler_changes_nothing_but_its_function(tmp_path: Path) -> None:
    """The folder, the order of sets and the time differ, too."""
    before, after = prepared(tmp_path / "here", "1"), prepared(tmp_path / "elsewhere", "2", ROUTE)

    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == {
        f"functions/tasks/create_task/{name}"
        for name in ("handler.py", f"__pycache__/handler.{sys.implementation.cache_tag}.pyc", "compile_cache.bin")
    }


def test_sam_names_an_upload_by_its_contents(tmp_path: Path) -> None:
    """What S3 has under its name is not uploaded again, so times and permissions of files need not be the same."""
    names = set()
    for number, mode in enumerate((0o600, 0o755)):
        file = tmp_path / str(number) / "handler.py"
        file.parent.mkdir()
        file.write_text("handler = print")
        file.chmod(mode)
        os.utime(file, (number, number))
        with zip_folder(str(file.parent), make_zip_with_lambda_permissions) as (_, name):
            names |= {name, dir_checksum(str(file.parent))}

    assert len(names) == 1
