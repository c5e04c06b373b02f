"""Thin notices that departments' and bureaus' own systems are pushed, by Standard Webhooks 1.0. Alike on both sides."""
