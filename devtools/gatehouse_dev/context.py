"""The context argument of handlers, as Lambda's Python runtime creates it."""

import time
import uuid
from dataclasses import dataclass, field

from gatehouse_dev.model import Function
from gatehouse_dev.resource_names import ACCOUNT, REGION


@dataclass(frozen=True, kw_only=True)
class LambdaContext:
    """The context of one invocation."""

    function_name: str
    memory_limit_in_mb: str
    deadline: float
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    @property
    def invoked_function_arn(self) -> str:
        """The ARN of the function."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        """The default log group of Lambda; the local cloud logs to the console only."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left, at least zero."""
        return max(0, round((self.deadline - time.monotonic()) * 1000))


def context_for(function: Function) -> LambdaContext:
    """Return a context; its deadline counts from now."""
    deadline = time.monotonic() + function.timeout
    return LambdaContext(function_name=function.name, memory_limit_in_mb=str(function.memory), deadline=deadline)
