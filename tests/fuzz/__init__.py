"""Thousands of odd texts, taps, files and callbacks in every run; `make fuzz` sends many times as many."""
