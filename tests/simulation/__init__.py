"""The partition log and its unit of work against a log in memory: virtual time, one loop, a seed for every chance."""
