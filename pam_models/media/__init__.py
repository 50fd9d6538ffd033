"""Pictures and clips as bytes, both ways: PNG, JPEG and H.264 MP4; RGB, uint8, height before width."""

from pam_models.media.decoding import Clip, MediaError, VideoInfo, iterate_frames, read_frames, read_image, video_info
from pam_models.media.encoding import encode_jpeg, encode_png, encode_video

__all__ = [
    "Clip",
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
