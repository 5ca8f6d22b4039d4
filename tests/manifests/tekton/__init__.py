"""Tekton's rules, as far as they can be told from Tasks, Pipelines and PipelineRuns alone."""
