"""The two services and the little that they wire alike."""
