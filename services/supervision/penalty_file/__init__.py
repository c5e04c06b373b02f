"""The 双公示 penalties file, 2018 layout, 30 columns: its columns and rules. No database, no clock.

The flow of a row: ``services/publication_file`` (text of the cells) → ``checking`` (a ``StatedPenalty``, or what is
wrong and how to mend it).
"""
