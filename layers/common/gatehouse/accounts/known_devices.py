"""What a browser keeps to show that somebody used an address there before: for each, the address's hash and a MAC.

A proof of before anybody proved the mailbox is none afterwards: whoever had access then may be a stranger.
"""

import hmac
import re
from collections.abc import Iterable

from gatehouse import keys, throttle

_MOST_ADDRESSES = 4
_PROOF = re.compile(r"(?P<address>[0-9a-f]{32})\.(?P<mac>[0-9a-f]{64})")


def add_device_proof(proofs: Iterable[str], email: str, *, signed_in: bool, is_proven: bool) -> str:
    """Return the value for the browser to keep: the proof of an address, and of the others that `proofs` have.

    A sign-in puts its address first, and too many displace the last. A mailed link only appends, and displaces none:
    anybody can mail one to the owner of this browser. `is_proven` says whether the account is.
    """
    address = throttle.pseudonym(email)
    proof = f"{address}.{keys.mac(keys.DEVICE, _message(address, is_proven=is_proven)).hex()}"
    others = [match[0] for match in _parse(proofs) if match["address"] != address]
    kept = [proof, *others] if signed_in else [*others, proof]
    return "_".join(kept[:_MOST_ADDRESSES])


def is_known_device(proofs: Iterable[str], email: str, *, is_proven: bool) -> bool:
    """Whether `proofs` have one for this address, by the cached keyring."""
    address = throttle.pseudonym(email)
    messages = [_message(address, is_proven=proven) for proven in {True, is_proven}]
    return any(
        keys.matches(keys.DEVICE, message, bytes.fromhex(match["mac"]))
        for match in _parse(proofs)
        for message in messages
        if hmac.compare_digest(match["address"], address)
    )


def _message(address: str, *, is_proven: bool) -> bytes:
    return f"{address}{'' if is_proven else ' unproven'}".encode()


def _parse(proofs: Iterable[str]) -> list[re.Match[str]]:
    """Return the well-formed proofs; whether they are authentic is not checked."""
    given = [_PROOF.fullmatch(text) for proof in proofs for text in proof.split("_")]
    return [match for match in given if match]
