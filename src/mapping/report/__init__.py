"""Papers for people who decide: board page, summary, words and tables."""
