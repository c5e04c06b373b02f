"""The 双公示 permits file, 2018 layout: its columns and rules, and how its rows are turned into decisions. No database.

The flow of a row: ``services/publication_file`` (text of the cells) → ``checking`` (a ``PublishedPermit``, or what is
wrong and how to mend it) → ``kind_of_decision`` → ``statement`` (a ``Decision``).
"""
