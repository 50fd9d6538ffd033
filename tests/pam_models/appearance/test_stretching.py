import numpy as np

from pam_models.appearance.stretching import stretched


def test_categories_stay_categories_and_photographs_are_smoothed() -> None:
    """Catches colours between two labels, which stand for a third object."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, 32:] = 200
    assert set(np.unique(stretched(picture, 72, 48, categorical=True))) == {0, 200}
    assert len(np.unique(stretched(picture, 72, 48))) > 2
    assert stretched(picture, 72, 48).shape == (48, 72, 3)
    assert stretched(picture, 64, 48) is picture


def test_what_was_in_the_middle_stays_there() -> None:
    """Catches sides that are exchanged."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[10:12, 30:34] = 255
    rows, columns, _ = np.nonzero(stretched(picture, 128, 48, categorical=True))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 11, 60, 67)
