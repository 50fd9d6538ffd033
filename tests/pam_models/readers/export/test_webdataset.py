"""WebDataset shards, read back by webdataset."""

import gc
import json

import numpy as np
import pytest
import webdataset

from pam_models.media import read_image
from tests.pam_models.readers.export.conftest import Export
from tests.pam_models.readers.small_build import SmallBuild, pixels


# webdataset leaves its files for the garbage collector to close
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_it(build: SmallBuild, export: Export) -> None:
    """Catches members that it does not group, labels of another row, and splits in one shard."""
    folder, _ = export("webdataset", build, clips_per_tar=2, vertices=True)
    names = sorted(path.name for path in folder.glob("*.tar"))
    assert names == ["test-000000.tar", "train-000000.tar", "train-000001.tar", "val-000000.tar"]
    seen = 0
    for sample in webdataset.WebDataset([str(folder / name) for name in names], shardshuffle=False):
        labels = json.loads(sample["json"])
        key = labels["clip_id"], labels["frame"], labels["side"]
        row = next(row for row in build.rows if (row["clip_id"], row["frame"], row["side"]) == key)
        for name in ("xyz", "uv", "K", "pose_flat", "vertices"):
            np.testing.assert_allclose(labels[name], np.reshape(row[name], np.shape(labels[name])), atol=1e-4)
        assert (labels["mpjpe_mm"] is None) == (row["mpjpe_mm"] is None)
        shown = pixels(int(key[0][4:]), key[1] + 1)[key[1]]
        assert np.abs(read_image(sample["jpg"])[20:70, 20:50].mean((0, 1)) - shown[20:70, 20:50].mean((0, 1))).max() < 4
        seen += 1
    gc.collect()
    assert seen == len(build.rows)
