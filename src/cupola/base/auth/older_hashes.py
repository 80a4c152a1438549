"""Password hashes that came with users from elsewhere: bcrypt, bcrypt over SHA-256, scrypt and PBKDF2-SHA-512.

They are checked only, never made. The formats are passlib's, which Keystone stores. bcrypt comes with the optional
dependencies `cupola[keystone]`; scrypt and PBKDF2 with Python.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable

_LONGEST = 4096  # bytes; Keystone's default limit for a password, longer ones were cut there
_LONGEST_BCRYPT = 72


class UnusableHash(Exception):
    """A stored hash that cannot be checked; the message names its kind and the cause, never the hash."""


def verify(password: bytes, hash: str) -> bool:
    """Whether this is the password of the hash. Raises UnusableHash."""
    kind = hash.split("$", 2)[1] if hash.count("$") > 1 else ""
    if kind not in _KINDS:
        raise UnusableHash(f'password hashes of the kind "{kind}" are not known')
    try:
        return _KINDS[kind](password[:_LONGEST], hash)
    except (ValueError, KeyError, UnicodeError) as error:
        raise UnusableHash(f'the password hash of the kind "{kind}" is damaged') from error


def _pbkdf2(password: bytes, hash: str) -> bool:
    _, _, rounds, salt, digest = hash.split("$")
    wanted = _decode(digest)
    return hmac.compare_digest(hashlib.pbkdf2_hmac("sha512", password, _decode(salt), int(rounds)), wanted)


def _scrypt(password: bytes, hash: str) -> bool:
    _, _, text, salt, digest = hash.split("$")
    parameters = _parameters(text)
    n, r, p = 2 ** int(parameters["ln"]), int(parameters["r"]), int(parameters["p"])
    wanted = _decode(digest)
    memory = 128 * r * (n + p + 2)
    made = hashlib.scrypt(password, salt=_decode(salt), n=n, r=r, p=p, maxmem=memory, dklen=len(wanted))
    return hmac.compare_digest(made, wanted)


def _bcrypt(password: bytes, hash: str) -> bool:
    return _checkpw(password[:_LONGEST_BCRYPT], hash)


def _bcrypt_sha256(password: bytes, hash: str) -> bool:
    """bcrypt of a digest, so that long passwords count whole; version 1 digests without, version 2 with the salt."""
    _, _, text, salt, digest = hash.split("$")
    if text.startswith("v=2,"):
        parameters = _parameters(text)
        ident, rounds = parameters["t"], parameters["r"]
        short = hmac.digest(salt.encode("ascii"), password, "sha256")
    else:
        ident, rounds = text.split(",")
        short = hashlib.sha256(password).digest()
    return _checkpw(base64.b64encode(short), f"${ident}${int(rounds):02}${salt}{digest}")


def _checkpw(password: bytes, hash: str) -> bool:
    try:
        import bcrypt
    except ImportError as error:
        raise UnusableHash("bcrypt hashes need the optional dependencies cupola[keystone]") from error
    return bcrypt.checkpw(password, hash.encode("ascii"))


def _parameters(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(","))


def _decode(text: str) -> bytes:
    """base64 without padding, with "." for "+"."""
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)


_KINDS: dict[str, Callable[[bytes, str], bool]] = {
    "2a": _bcrypt,
    "2b": _bcrypt,
    "2y": _bcrypt,
    "bcrypt-sha256": _bcrypt_sha256,
    "scrypt": _scrypt,
    "pbkdf2-sha512": _pbkdf2,
}
