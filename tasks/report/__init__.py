"""What a person sees of a build: one HTML page that opens from disk, and the dataset card."""
