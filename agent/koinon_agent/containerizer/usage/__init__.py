"""What containers use, sampled within bounds."""
