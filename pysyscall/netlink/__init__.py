"""Netlink, and rtnetlink's tables."""
