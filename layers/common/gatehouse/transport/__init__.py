"""AWS over HTTP without botocore's client, where the setting `transport` is `own`; docs/adr/0016 has the reasons."""

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 1.0, 1.5, 3  # of both transports; with pauses at most 10.5 s
