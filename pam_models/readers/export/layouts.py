"""Which layout an export's options ask for."""

from __future__ import annotations

from pam_models.readers.export.configuration import (
    DexYcbOptions,
    ExportOptions,
    GraspXlOptions,
    HamerOptions,
    PamSimOptions,
    SimpleHandOptions,
)
from pam_models.readers.export.dexycb import DexYcbLayout
from pam_models.readers.export.graspxl import GraspXlLayout
from pam_models.readers.export.hamer import HamerLayout
from pam_models.readers.export.job import Layout
from pam_models.readers.export.pam_sim import PamSimLayout
from pam_models.readers.export.simplehand import SimpleHandLayout
from pam_models.readers.export.webdataset import WebDatasetLayout


def layout_of(options: ExportOptions) -> Layout:
    """The layout that writes what these options describe."""
    if isinstance(options, SimpleHandOptions):
        return SimpleHandLayout(options)
    if isinstance(options, DexYcbOptions):
        return DexYcbLayout(options)
    if isinstance(options, HamerOptions):
        return HamerLayout(options)
    if isinstance(options, PamSimOptions):
        return PamSimLayout(options)
    if isinstance(options, GraspXlOptions):
        return GraspXlLayout(options)
    return WebDatasetLayout(options)
