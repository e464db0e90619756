"""The main job on a real photograph, step by step: `make demo`."""
