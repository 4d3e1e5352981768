"""What an answer means: why here and not there, what one more hub brings, and how sure it is."""
