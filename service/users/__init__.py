"""Which player a token's subject is."""
