"""Experts, the mixture over them, their training and their predictions."""
