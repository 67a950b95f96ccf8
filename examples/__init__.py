"""The programs of the article, and those that its last words name: Python over pysyscall, and nothing else."""
