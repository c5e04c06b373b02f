"""What both 双公示 files, permits and penalties of the 2018 layout, have in common: how they are read, repaired and
checked, and how refused rows go back. No database, no clock.

Each side says the rest: its columns (a ``Layout``), the rules for its rows, and what they become.
"""
