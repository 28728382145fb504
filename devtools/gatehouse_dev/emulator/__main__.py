"""Start the emulator on GATEWAY_PORT."""

from ministack import app

from gatehouse_dev.emulator import functions, permissions, resources

app._HEALTH_PATHS = ("/_ministack/health",)  # /health is a path of deployed APIs
for module in (functions, permissions, resources):
    module.install()
app.main()
