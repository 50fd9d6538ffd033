"""Pictures and clips as bytes: what the steps use of `pam_models.media`."""

from pam_models.media import (
    MediaError,
    VideoInfo,
    encode_jpeg,
    encode_png,
    encode_video,
    iterate_frames,
    read_frames,
    read_image,
    video_info,
)

__all__ = [
    "MediaError",
    "VideoInfo",
    "encode_jpeg",
    "encode_png",
    "encode_video",
    "iterate_frames",
    "read_frames",
    "read_image",
    "video_info",
]
