"""Watching: is it alive, is it ready, how much of everything, and what is wrong with its configuration."""
