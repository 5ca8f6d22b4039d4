"""Who asks, and whether they may: roles, and the check that every operation begins with."""

from enum import IntEnum
from typing import Protocol

import msgspec

from service.errors import Kind, Problem, unauthenticated, unavailable


class Role(IntEnum):
    """Each role may do what the ones before it may."""

    READER = 1
    ORGANISER = 2
    ADMIN = 3


class Principal(msgspec.Struct, frozen=True):
    """Whom a token speaks for."""

    subject: str
    role: Role


ANYONE = Principal("", Role.READER)
SAFE_METHODS = {"GET", "HEAD"}


class Verifier(Protocol):
    """Checks a token and says whom it speaks for; raises Problem where it does not hold."""

    def verify(self, token: str) -> Principal: ...


class Auth(msgspec.Struct, frozen=True):
    """How this process knows people; it lies in the lifespan's state as `auth`."""

    verifier: Verifier | None
    public_reads: bool = False

    def principal(self, authorization: str | None) -> Principal:
        """Whom the Authorization header speaks for."""
        if self.verifier is None:
            raise unavailable(
                "this service was started without keys to check tokens with: "
                "mount a file and name it in CALCIO_AUTH_JWKS_FILE or CALCIO_AUTH_SECRET_FILE"
            )
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise unauthenticated("expected the header Authorization: Bearer, and a token")
        return self.verifier.verify(token.strip())

    def authorise(self, role: Role, method: str, authorization: str | None) -> Principal:
        """Whom a request speaks for that needs `role`; raises Problem where it may not pass."""
        # Reads may be public by setting. Writes never are, whatever the role they ask for.
        is_open = self.public_reads and role is Role.READER and method in SAFE_METHODS
        if is_open and authorization is None:
            return ANYONE
        principal = self.principal(authorization)
        if principal.role < role:
            raise Problem(
                Kind.FORBIDDEN,
                f"the token's role is {principal.role.name.lower()}, expected {role.name.lower()}",
            )
        return principal
