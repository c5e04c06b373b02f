"""A file that proves itself: records of a ledger, what they are proven with, and a signature over every line of it."""
