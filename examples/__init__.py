"""The programs of the article, and those that its closing words name, on pysyscall alone."""
