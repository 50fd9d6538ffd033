"""Secrets out of texts that people and files get: what this process was given in secret, and passwords in addresses.

Messages of other libraries are the way in which secrets leave a process: a signed address in an HTTP error, a
connection string in a traceback.
"""

import os
import re
from collections.abc import Iterator, Mapping

HIDDEN = "[hidden]"
# Variables of AWS, Prefect, Ray, databases and hubs whose values are secret by their names.
SECRET_NAME = re.compile(
    r"(^|_)(KEY|SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS|AUTH_STRING|ACCESS_KEY_ID|CONNECTION_URL)($|_)"
)
# Paths and switches, whose names sound alike.
NO_SECRET_NAME = re.compile(r"_(PATH|FILE|DIR|MODE|ENABLED)$")
SHORTEST_SECRET = 6
USER_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@'\"]+@")
SIGNED = re.compile(
    r"(?i)\b(X-Amz-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature|access_token|password|secret)"
    r"=[^\s&'\"]+"
)
BEARER = re.compile(r"(?i)\b(Bearer|Basic)\s+[A-Za-z0-9+/=_.~-]{8,}")


def redacted(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text without the values of secret variables of `environment` (the process's own, if none is given), without
    names and passwords in addresses, and without signatures and tokens of requests.
    """
    for secret in _secrets(os.environ if environment is None else environment):
        text = text.replace(secret, HIDDEN)
    text = USER_IN_ADDRESS.sub(f"{HIDDEN}@", text)
    text = SIGNED.sub(rf"\1={HIDDEN}", text)
    return BEARER.sub(rf"\1 {HIDDEN}", text)


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """The longest first, so that none is cut by another that it holds."""
    found = {
        value
        for name, value in environment.items()
        if SECRET_NAME.search(name.upper())
        and not NO_SECRET_NAME.search(name.upper())
        and len(value) >= SHORTEST_SECRET
    }
    yield from sorted(found, key=len, reverse=True)
