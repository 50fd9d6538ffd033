"""Licences that travel with rows."""

from tasks.tables.licenses import license_of, non_commercial


def test_what_is_unknown_counts_as_not_for_commerce() -> None:
    """Catches a build called free because a tag was not recognised."""
    tags = ["pam-simulated-motion:Apache-2.0", "graspxl:CC-BY-NC-4.0", "MIT", "somebody:their-own"]
    assert non_commercial(tags) == ("graspxl:CC-BY-NC-4.0", "somebody:their-own")
    assert license_of("x:MIT").commercial and not license_of("their-own").commercial
