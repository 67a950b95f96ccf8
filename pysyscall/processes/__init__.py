"""Processes: started, waited for, traced; their identities, limits, signals and namespaces."""
