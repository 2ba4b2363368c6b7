"""Keras' `utils`: what scripts for small image networks use of it."""

from scallion.session import clear_session, set_random_seed

__all__ = ["clear_session", "set_random_seed"]
