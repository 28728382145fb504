"""PynamoDB's connection imports botocore's client, which functions do not create: docs/adr/0016."""

SAVES = 193
UPSTREAM = "Import botocore's session and client where they are created: a subclass may have its own."
NEEDED = "import pynamodb.connection.base, sys; needed = 'botocore.client' in sys.modules"

FILES = {
    "pynamodb/connection/base.py": {
        "import sys\n": "from __future__ import annotations\nimport sys\n",
        "import botocore.config\nimport botocore.client\n": "",
        "from botocore.client import ClientError\n": "from botocore.exceptions import ClientError\n",
        "from botocore.session import get_session\n": "",
        "from pynamodb.connection._botocore_private import BotocoreBaseClientPrivate\n": "",
        "= get_session()": "= __import__('botocore.session').session.get_session()",
        "botocore.client.Config(": "__import__('botocore.config').config.Config(",
        "cast(BotocoreBaseClientPrivate, ": "cast('BotocoreBaseClientPrivate', ",
    }
}
