"""The Job as a cluster runs it: images with histories of their own, processes, and what they leave."""
