"""Deterministic simulation: the product's own sequencer, relay and projector, under a scheduler drawn by a seed."""
