"""What the rendered Kustomize overlays promise."""
