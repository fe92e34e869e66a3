"""Backups: a copy of everything that is remembered, proved whole, and how it is put back."""
