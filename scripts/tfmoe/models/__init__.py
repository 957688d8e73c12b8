"""Experts, the mixture of experts and the baselines: training, calibration and prediction."""
