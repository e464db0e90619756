"""The worker that checks, cleans, labels and moderates every upload, and the sweeper that lets none be forgotten."""
