import numpy as np
import pytest

from pam_models.estimators.mano_regressor.crop import CROP_PX, crop_place, normalised_crops


def picture_with_a_dot(x: int, y: int) -> np.ndarray:
    image = np.zeros((1, 480, 640, 3), np.uint8)
    image[0, y - 2 : y + 3, x - 2 : x + 3] = 255
    return image


@pytest.mark.parametrize("side", ["right", "left"])
def test_what_the_network_sees_comes_back_to_where_it_was(side: str) -> None:
    """Catches a mirrored crop whose points are not mirrored back, and a centre that is off."""
    place = crop_place(np.array([200.0, 100.0, 300.0, 220.0], np.float32), side, 2.0)
    crops = normalised_crops(picture_with_a_dot(230, 150), [place])
    brightness = crops[0].sum(axis=0)
    row, column = np.argwhere(brightness > brightness.max() - 0.1).mean(axis=0)
    normalised = (np.array([[column, row]], np.float32) - CROP_PX / 2) / CROP_PX
    assert place.to_picture(normalised)[0] == pytest.approx([230, 150], abs=1.5)


def test_the_side_is_the_box_completed_to_three_by_four() -> None:
    """Catches HaMeR's aspect left out: a wide box is cut as high as 4/3 of its width."""
    assert crop_place(np.array([0.0, 0.0, 90.0, 30.0], np.float32), "right", 2.0).side_px == pytest.approx(240.0)
    assert crop_place(np.array([0.0, 0.0, 30.0, 90.0], np.float32), "right", 2.0).side_px == pytest.approx(180.0)


def test_black_is_minus_mean_over_deviation() -> None:
    """Catches BGR, or pixels in [0, 1] with statistics for [0, 255]."""
    place = crop_place(np.array([10.0, 10.0, 50.0, 50.0], np.float32), "right", 2.0)
    crop = normalised_crops(np.zeros((1, 480, 640, 3), np.uint8), [place])
    assert crop[0, :, 128, 128] == pytest.approx([-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225], rel=1e-4)


def test_an_empty_box_is_refused() -> None:
    with pytest.raises(ValueError, match="x0 < x1"):
        crop_place(np.array([5.0, 5.0, 5.0, 9.0], np.float32), "right", 2.0)
