"""What comes in over HTTP: alerts of other systems, key presses and replies from phones, and who looks."""
