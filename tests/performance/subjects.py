"""The subjects of the benchmark: functions of the build, and yardsticks that reimplement CreateTask."""

import os
import runpy
import shutil
from dataclasses import replace
from pathlib import Path

from gatehouse_dev.functions import layer_folders
from gatehouse_dev.model import FUNCTION_HANDLER
from gatehouse_dev.template import load
from tests.performance.lambda_process import Subject
from tests.performance.packages import CACHE, HERE, ROOT, packed, runtime
from tests.performance.requests import REQUESTS, Broken
from tests.performance.world import World

BARE, NATURAL = "bare", "natural"
CONSTRAINTS = ROOT / "requirements/dev.txt"


class Build:
    """The result of `sam build`: its `functions` with routes, and their layers, merged in `opt` as in /opt/python."""

    def __init__(self, world: World, folder: Path = CACHE / "built", certificate: Path | None = None) -> None:
        """Broken if there is none. `certificate` is that of AWS."""
        path, self.opt = folder / "template.yaml", folder.with_name("opt") / "python"
        self._world, self._certificate = world, certificate
        if not path.is_file():
            raise Broken(f"nothing was built in {folder}: `make bench` does it")
        template = load(path, world.parameters)
        self.functions = {name: function for name, function in template.functions.items() if function.routes}
        shutil.rmtree(self.opt, ignore_errors=True)
        for layer in layer_folders(template):
            shutil.copytree(layer, self.opt, copy_function=os.link, dirs_exist_ok=True)

    def subject(self, name: str) -> Subject:
        """Return a function of the build; Broken if there is none."""
        if name not in REQUESTS or name not in self.functions:
            raise Broken(f"the build has no function with routes and a benchmark request: {name}")
        function, request = self.functions[name], REQUESTS[name]
        script = runpy.run_path(str(self.opt / "gatehouse/pages/assets.py"))["find_asset"]("gatehouse.js").name
        return Subject(
            function=function,
            command=runtime(),
            opt=self.opt,
            event=self._world.event(function.routes[request.route].key, request, SCRIPT=script),
            request=request,
            cloud=self._world.cloud,
            certificate=self._certificate,
        )

    def yardstick(self, name: str) -> Subject:
        """Return the subject of a yardstick's folder."""
        folder, reference = packed(HERE / name, CACHE / name, CONSTRAINTS), self.subject("CreateTask")
        function = replace(reference.function, name=name, folder=folder / "task", handler=FUNCTION_HANDLER)
        return replace(reference, function=function, opt=folder / "opt")
