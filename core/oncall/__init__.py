"""Who is on duty at an instant, as a pure function of rotations, hours and overrides."""
