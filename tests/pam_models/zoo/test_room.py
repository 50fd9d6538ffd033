import pytest

from pam_models.zoo import WeightsError, room
from pam_models.zoo.room import check_room, free_bytes


def test_the_hosts_memory_is_known_and_enough_for_little() -> None:
    free = free_bytes("cpu")
    assert free is None or free > 2**20
    check_room(1024, "a small model")


def test_too_large_a_model_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a machine that dies while it loads, and units that are off by 1024."""
    monkeypatch.setattr(room, "free_bytes", lambda _: 8 * 2**30)
    with pytest.raises(WeightsError) as caught:
        check_room(20 * 2**30, "the model")
    assert "the model needs 20.0 GiB of memory, 8.0 GiB are free" in str(caught.value) and "\n" not in str(caught.value)
