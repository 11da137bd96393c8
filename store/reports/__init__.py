"""What reports and incidents are made of."""
