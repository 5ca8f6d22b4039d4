"""A live system under load, and what is done to it: releases, a client that counts, and a record of it all."""
