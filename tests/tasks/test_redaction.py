"""Each test names the defect that it catches."""

import pytest

from tasks.redaction import redacted

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE1234",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfi",
    "PREFECT_API_AUTH_STRING": "admin:open sesame",
    "RAY_AUTH_TOKEN": "0123456789abcdef",
    "RAY_AUTH_MODE": "token-mode",
    "AWS_DEFAULT_REGION": "us-east-1",
    "PAM_PASSWORD": "abc",
    "PATH": "/usr/bin:/bin",
}


@pytest.mark.parametrize(
    "name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "PREFECT_API_AUTH_STRING", "RAY_AUTH_TOKEN"]
)
def test_values_of_secret_variables_are_hidden(name: str) -> None:
    """Catches a key that a library puts into its message."""
    assert redacted(f"refused: {ENVIRONMENT[name]}!", ENVIRONMENT) == "refused: [hidden]!"


def test_everything_else_stays_readable() -> None:
    """Catches messages full of holes: settings that are no secrets, and words so short that they are everywhere."""
    text = "token-mode us-east-1 /usr/bin:/bin abc s3://bucket/prefix http://127.0.0.1:4200/api a@b.c seed=3"
    assert redacted(text, ENVIRONMENT) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgresql://me:word@host/db", "postgresql://[hidden]@host/db"),
        ("GET https://h/b?X-Amz-Signature=0a1b&x=1", "GET https://h/b?X-Amz-Signature=[hidden]&x=1"),
        ("Authorization: Bearer abcdefgh.ijkl", "Authorization: Bearer [hidden]"),
        ("connect password=word host=h", "connect password=[hidden] host=h"),
    ],
)
def test_addresses_and_requests_lose_what_opens_them(text: str, left: str) -> None:
    """Catches a password in a connection string and the signature of a request."""
    assert redacted(text, {}) == left


def test_a_secret_within_another_leaves_nothing_over() -> None:
    """Catches the rest of a long secret after a short one was cut out of it."""
    assert redacted("abcdef-ghijkl", {"A_TOKEN": "abcdef", "B_TOKEN": "abcdef-ghijkl"}) == "[hidden]"
