"""What a report says, from facts alone: no store, no clock, no picture."""
