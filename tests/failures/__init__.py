"""What went wrong for others, one test by number for each line of docs/failures.md."""
