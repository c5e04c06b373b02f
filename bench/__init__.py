"""How fast is the linkage on this machine? ``make bench`` measures what ``docs`` promises; tests never time."""
