"""Licences that rows carry as tags (`what:licence`, or a licence alone), and whether a dataset that mixes them may be
used commercially.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class License:
    """A licence behind a tag: its name, whether it allows commercial use, and where its text is."""

    tag: str
    name: str
    commercial: bool
    where: str


LICENSES: dict[str, License] = {
    entry.tag: entry
    for entry in (
        License("Apache-2.0", "Apache License 2.0", True, "https://www.apache.org/licenses/LICENSE-2.0"),
        License("MIT", "MIT License", True, "https://opensource.org/license/mit"),
        License("CC-BY-4.0", "Creative Commons Attribution 4.0", True, "https://creativecommons.org/licenses/by/4.0/"),
        License(
            "CC-BY-NC-4.0",
            "Creative Commons Attribution-NonCommercial 4.0",
            False,
            "https://creativecommons.org/licenses/by-nc/4.0/",
        ),
        License("LicenseRef-MANO", "MANO licence (research only)", False, "https://mano.is.tue.mpg.de/license.html"),
        License("LicenseRef-GraspXL", "GraspXL recordings (research only)", False, "https://github.com/zdchan/GraspXL"),
        License(
            "LicenseRef-FLUX.1-dev",
            "FLUX.1 [dev] Non-Commercial License",
            False,
            "https://huggingface.co/black-forest-labs/FLUX.1-dev",
        ),
        License("LicenseRef-CogVideoX", "CogVideoX licence", False, "https://huggingface.co/THUDM/CogVideoX-5b-I2V"),
    )
}


def license_of(tag: str) -> License:
    """The licence behind a tag; one that is not known here counts as not for commercial use."""
    name = tag.rpartition(":")[2]
    return LICENSES.get(name, License(name, f"{name} (not known here)", False, "ask whoever provided it"))


def non_commercial(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags whose licence forbids commercial use or is not known here, sorted."""
    return tuple(sorted({tag for tag in tags if not license_of(tag).commercial}))
