"""What a training job reads: a build's labelled frames as torch datasets, and through other libraries.

    from pam_models.readers import FrameStream, ReadConfig, Selection

    frames = FrameStream("pam-data/builds/BUILD", ReadConfig(Selection(split="train")), batch_size=64)
    loader = torch.utils.data.DataLoader(frames, batch_size=None, num_workers=4)

`datasets`, Ray Data and DuckDB read the same parts (`elsewhere.py`):

    datasets.load_dataset("parquet", data_files=part_addresses(build), split="train").with_transform(Pictures(build))
    ray.data.read_parquet(part_addresses(build)).map_batches(Pictures(build))
    duckdb.read_parquet(part_addresses(build)).filter("split = 'train' AND mpjpe_mm < 20")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pam_models.readers.cache import CacheConfig
    from pam_models.readers.elsewhere import Pictures, part_addresses
    from pam_models.readers.errors import EmptySelectionError, ReadError
    from pam_models.readers.frames import FrameDataset, ReadConfig
    from pam_models.readers.selection import Selection
    from pam_models.readers.stream import FrameStream

_HOMES = {
    "CacheConfig": "cache",
    "EmptySelectionError": "errors",
    "FrameDataset": "frames",
    "FrameStream": "stream",
    "Pictures": "elsewhere",
    "ReadConfig": "frames",
    "ReadError": "errors",
    "Selection": "selection",
    "part_addresses": "elsewhere",
}
__all__ = [
    "CacheConfig",
    "EmptySelectionError",
    "FrameDataset",
    "FrameStream",
    "Pictures",
    "ReadConfig",
    "ReadError",
    "Selection",
    "part_addresses",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever has this name
    """Imports a name when it is first asked for: the errors and the manifest cost no torch."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
