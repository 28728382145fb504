"""An attempt to give the second factor."""

from collections.abc import Callable
from dataclasses import dataclass

from gatehouse.accounts.factor_rows import ChallengeRow, SecondFactorRow
from gatehouse.accounts.table import ProfileRow
from gatehouse.sessions import ClientInfo, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """An attempt to give the second factor: for a sign-in that waits, the `challenge`, or within a `session`.

    With `trust_device`, this browser is not asked again. `factor` is None while the user has none. `clear_cookie` is
    called when the sign-in has ended without success.
    """

    profile: ProfileRow
    factor: SecondFactorRow | None
    client: ClientInfo
    trust_device: bool = False
    challenge: ChallengeRow | None = None
    session: Session | None = None
    clear_cookie: Callable[[], None] = lambda: None

    @property
    def asker(self) -> str:
        """What a mailed code is bound to."""
        return self.challenge.purpose if self.challenge else self.session.id  # type: ignore[union-attr] # one of them
