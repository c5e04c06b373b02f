"""Faults on a whole site: real processes, a real PostgreSQL, a real Kafka, and a judge that trusts none of them.

Bureaus hand decisions in over HTTP and write down what they were told. Meanwhile a scenario kills, freezes or erases
something. At the end the judge compares what the bureaus wrote down with ledgers, pushes and lists.
"""
