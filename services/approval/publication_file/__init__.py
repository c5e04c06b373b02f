"""The 双公示 permits file, 2018 layout: read, repaired, checked, and turned into decisions. No database, no clock.

The flow of a row: ``reading`` (text of the cells) → ``checking`` (a ``PublishedPermit``, or what is wrong and how to
mend it) → ``kind_of_decision`` → ``statement`` (a ``Decision``). What is refused goes to ``refused_rows``.
"""
