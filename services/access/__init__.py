"""Who asks, whether they may, and whose rows they see: asked once for each request, before anything is read."""
