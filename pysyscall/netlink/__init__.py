"""Netlink messages, and the tables of rtnetlink."""
