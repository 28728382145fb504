"""Run the emulator on GATEWAY_PORT until standard input ends: with the process that started it, however that ends."""

import os
import signal
import threading

from ministack import app

from gatehouse_dev.emulator import functions, permissions, resources

app._HEALTH_PATHS = ("/_ministack/health",)  # /health is a path of deployed APIs
for module in (functions, permissions, resources):
    module.install()


def stop_with_parent() -> None:
    """Wait for the end of standard input, and stop."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=stop_with_parent, daemon=True).start()
app.main()
