"""Where each figure of the documentation is measured, one command a figure."""
