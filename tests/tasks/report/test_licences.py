"""tasks/report/licences.py: no build is called free that is not."""

import pytest

from tasks.report.licences import is_noncommercial, is_permissive, licence_sentences, noncommercial, unclear

FREE = ("Apache-2.0", "pam-procedural-objects:Apache-2.0", "CC-BY-4.0", "MIT")
BOUND = (
    "graspxl:CC-BY-NC-4.0",
    "MANO-noncommercial-research",
    "LicenseRef-MANO",
    "flux:FLUX.1-dev non-commercial",
    "CC-BY-NC-SA-3.0",
)


@pytest.mark.parametrize("tag", FREE)
def test_permissive(tag: str) -> None:
    """Catches `part:licence` tags taken for unknown licences, and 'nc' found inside a word."""
    assert is_permissive(tag)
    assert not is_noncommercial(tag)


@pytest.mark.parametrize("tag", BOUND)
def test_noncommercial(tag: str) -> None:
    """Catches a spelling of non-commercial terms that goes unnoticed."""
    assert is_noncommercial(tag)


def test_unknown_terms_are_not_called_free() -> None:
    """Catches 'no non-commercial part' said about a licence that nobody knows."""
    tags = ("Apache-2.0", "weights:user-supplied")
    assert unclear(tags) == ("weights:user-supplied",)
    assert "to be checked" in licence_sentences(tags)
    assert "No non-commercial part" not in licence_sentences(tags)


def test_one_bound_part_binds_the_whole() -> None:
    """Catches a mixed build described by its first tag."""
    said = licence_sentences((*FREE, "graspxl:CC-BY-NC-4.0"))
    assert said.startswith("Non-commercial use only")
    assert noncommercial((*FREE, *BOUND)) == tuple(sorted(BOUND))


def test_all_free_and_none_at_all() -> None:
    """Catches the absence of tags read as freedom."""
    assert "No non-commercial part" in licence_sentences(FREE)
    assert "No row names a licence" in licence_sentences(())
