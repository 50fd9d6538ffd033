"""What the video models are told about a scene: camera, z-buffer, condition maps, encodings, and a shaded renderer."""
