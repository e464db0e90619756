"""The cloud on a laptop: starts the emulators and the functions, applies terraform/environments/local."""
