"""What lowering rules are made of: their context, fused activations and strided copies."""
