"""海州市, a city that does not exist: bodies, departments, matters, duties and permits to show and to measure with.

Every code passes its check digit and belongs to nobody: the region prefix 9901 is not assigned.
"""
