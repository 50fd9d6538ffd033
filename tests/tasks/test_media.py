"""tasks/media.py: the names that steps use."""

import pam_models.media
import tasks.media


def test_it_is_the_same_code() -> None:
    """Catches a second way to encode or decode."""
    for name in tasks.media.__all__:
        assert getattr(tasks.media, name) is getattr(pam_models.media, name)
