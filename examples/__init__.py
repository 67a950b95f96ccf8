"""The programs of the article, and those that its last paragraph suggests, written with pysyscall only."""
