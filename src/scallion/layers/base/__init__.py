"""What layers are made of: specifications, tensors, variables, and checks of arguments."""
