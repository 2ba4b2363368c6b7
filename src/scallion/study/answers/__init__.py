"""Answers to a study's questions, in words: statistics over the seeds, and what they show."""
