"""Answers of learners: read, graded, and checked against networks and runs."""
