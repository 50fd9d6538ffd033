"""The folders that the official PAM repository reads in its simulator mode (formats.md section 9).

Each clip is `<object>_<number>/`: `rendered_{rgb,normal,depth,seg_mask,hand_keypoints}_0.png` for Stage II, five MP4s
of 49 frames for Stage III, in the published colours. `start_images.txt` names a first frame for each folder, as
`test_result_<folder's number>_0.png`, whose number Stage III parses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pam_models.conditions.encodings import encode
from pam_models.media.encoding import encode_png, encode_video
from pam_models.readers.export.configuration import PamSimOptions
from pam_models.readers.export.job import Files, Notes, Unit, Written
from pam_models.readers.export.source import ExportSource
from pam_models.readers.export.stretched import camera_of, rendered_maps, stretched
from pam_models.readers.place import Place

NAMES = {"normal": "normal", "depth": "depth", "seg_mask": "segmentation", "hand_keypoints": "keypoints"}
VIDEOS = ("tracking", "depth", "seg_mask", "hand_keypoints")
FRAMES = 49


class PamSimLayout:
    """A folder for each clip, numbered in the order of the build."""

    def __init__(self, options: PamSimOptions) -> None:
        self._options = options

    def units(self, source: ExportSource) -> list[Unit]:
        """One clip each, named as its folder."""
        return [
            Unit(f"{source.clip(number).ref.facts['object_name']}_{number}", (number,))
            for number in range(source.num_clips)
        ]

    def write(self, source: ExportSource, unit: Unit) -> Written:
        """One folder. Raises ReadError for a clip that cannot be read, or of which only some frames are selected."""
        clip = source.clip(unit.clips[0]).whole("pam-sim")
        width, height, fps = self._options.width, self._options.height, self._options.fps
        maps = rendered_maps(clip, camera_of(clip, width, height))
        side = "right" if clip.is_right[0] else "left"
        drawn = encode(maps, list(NAMES.values()), side=side)
        rgb = np.stack(stretched(clip.pictures(), width, height))
        stills = {"rgb": rgb[0], **{name: drawn[condition][0] for name, condition in NAMES.items()}}
        # The published data preparation puts the depth video where the tracking video would be.
        videos = {"rgb": rgb, **{name: drawn[NAMES.get(name, "depth")] for name in VIDEOS}}
        start = f"test_result_{unit.clips[0]}_0.png"
        files: Files = {f"{unit.name}/rendered_{name}_0.png": encode_png(still) for name, still in stills.items()}
        files |= {f"{unit.name}/{name}.mp4": encode_video(frames, fps) for name, frames in videos.items()}
        files[f"start_images/{start}"] = encode_png(rgb[0])
        return Written(files, {"start": f"start_images/{start}", "frames": len(rgb)})

    def finish(self, source: ExportSource, notes: Sequence[Notes], destination: Place) -> tuple[Files, list[str]]:
        """The list of first frames, in the order of the folders."""
        del source, destination
        messages = [f"{len(notes)} folders of {self._options.width}x{self._options.height} pictures"]
        short = sum(note["frames"] < FRAMES for note in notes)
        if short:
            messages.append(f"{short} clips have fewer than the {FRAMES} frames that the official script reads")
        return {"start_images.txt": "".join(f"{note['start']}\n" for note in notes).encode()}, messages
