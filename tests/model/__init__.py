"""The contract as a model: every interleaving of a pod, a migrator and a server, judged by the code that ships."""
