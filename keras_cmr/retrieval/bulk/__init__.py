"""Many images at once: resumable, here or on a Ray cluster."""
