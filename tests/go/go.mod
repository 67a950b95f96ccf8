module pysyscall

go 1.24
