"""What stands between a config and a trained model, one concept a file."""
