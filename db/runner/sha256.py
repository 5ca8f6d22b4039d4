"""SHA-256 without `hashlib`, whose import loads OpenSSL: as the standard library's own `random` does it."""

try:
    from _sha2 import sha256  # type: ignore[import-not-found] # without types; Python 3.12 and later
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found] # as above; Python 3.11
    except ImportError:
        # Neither is promised to be there.
        from hashlib import sha256

__all__ = ["sha256"]
