"""Convolutions and dense layers: multiplied directly, by Winograd, or from sparse gradients."""
