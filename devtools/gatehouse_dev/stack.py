"""All running parts, created from one template and updated when it changes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gatehouse_dev import console
from gatehouse_dev.cloud import Cloud, CloudError
from gatehouse_dev.file_watcher import FileWatcher
from gatehouse_dev.functions import FunctionPools, layer_folders, missing_handlers
from gatehouse_dev.gateway import Api
from gatehouse_dev.schedules import Schedules
from gatehouse_dev.streams import Streams
from gatehouse_dev.template import Template, TemplateError, client_secrets, load, local_parameters
from gatehouse_dev.template_file import DEFAULT_PATH


class Stack:
    """The running parts; `api` is replaced as a whole, so that a request sees one template."""

    def __init__(self, cloud: Cloud, fleet: FunctionPools, streams: Streams, schedules: Schedules) -> None:
        self.cloud = cloud
        self.fleet = fleet
        self.streams = streams
        self.schedules = schedules
        self.api = _api(cloud.template)

    def adopt(self, template: Template) -> None:
        """Switch to an edited template; tables, mails and secrets stay."""
        self.cloud.adopt(template)
        self.fleet.reload(template)
        self.streams.update(template)
        self.schedules.update(template)
        self.api = _api(template)


@contextmanager
def running(environ: Mapping[str, str], port: int, path: Path = DEFAULT_PATH) -> Iterator[Stack]:
    """Run the template at `path`; raises TemplateError or CloudError when that fails."""
    given = dict(environ)

    def read() -> Template:
        template = load(path, local_parameters(given, port, path))
        if absent := missing_handlers(template):
            message = f"the code of {', '.join(absent)} is missing: {template.functions[absent[0]].folder}"
            raise TemplateError(message)
        return template

    def reload() -> None:
        try:
            stack.adopt(read())
        except (TemplateError, CloudError) as error:
            console.report_error(f"{error} -- the previous template keeps running")
            stack.fleet.reload(stack.cloud.template)
        else:
            console.say("reloaded")

    template = read()
    secrets = client_secrets(given, template.parameters)
    with Cloud(template, endpoint=given.get("AWS_ENDPOINT_URL"), secrets=secrets) as cloud:
        fleet = FunctionPools(template)
        stack = Stack(cloud, fleet, Streams(cloud, fleet), Schedules(fleet, template))
        folders = [path.parent / "functions", *layer_folders(template)]
        with stack.streams, stack.schedules, FileWatcher(path, folders, reload):
            yield stack


def _api(template: Template) -> Api:
    return Api(routes=template.routes, cors=template.cors)
