"""What the two sides of the invented city live through: returns, penalties, rule changes, checks, and what the desks
answer, so that every list has something in it. Told over HTTP, as bureaus and departments would."""
