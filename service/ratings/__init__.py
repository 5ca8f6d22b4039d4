"""How good somebody is taken to be, and how sure we are."""
