"""Runs a Pipeline on a cluster without Tekton: each Task's step as the pod that Tekton would make of it."""
