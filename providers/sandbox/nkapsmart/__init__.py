"""Nkapsmart, as its one public page describes it; what that page leaves out is a setting."""
