"""The approval bureau's side: decisions are checked, recorded and published."""
